"""``arrears demo``: an installation with people, a generated Chinese portfolio and a real card portfolio, ready to look at.

Everything goes through the ordinary doors: users by actions, files by the import, the book and the run by their commands.
"""
