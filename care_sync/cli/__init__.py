"""The command line: ``care-sync``. Each group of commands is one module beside this one.

Exit codes: 0 it is done · 1 it could not be done, or a person must look at something · 2 wrong usage or settings.

Promise: what a person can mend is explained in words, never shown as a traceback.
"""
