"""Wrappers built as shared libraries: the C ABI of libwrapper.so, hosted in a worker process."""
