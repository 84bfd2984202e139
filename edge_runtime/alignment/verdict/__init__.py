"""Is this text what is spoken in this recording, and does it cover the speech?"""
