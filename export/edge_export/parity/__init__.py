"""Does a build give what the reference gives?"""
