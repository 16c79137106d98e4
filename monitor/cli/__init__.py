"""The command line. ``main.py`` lists the commands; each is one module here, imported when it is called."""
