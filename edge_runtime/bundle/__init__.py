"""What a bundle is: its manifest, its files and their hashes, its stored answers."""
