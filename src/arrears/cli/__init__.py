"""The command line: ``arrears <noun> <verb>``. Rooms declare their commands in ``commands.py``; this room collects them."""
