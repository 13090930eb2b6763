"""The whole money path against the plain model of the office in :mod:`tests.reference`."""
