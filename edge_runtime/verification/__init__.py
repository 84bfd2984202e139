"""Does this bundle give its stored answers on this machine?"""
