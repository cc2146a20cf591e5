"""Is the environment of this project here, proved, and made again only where it had to be?"""
