"""The domain: values, states, tables, storage, settings and errors that every other room shares.

Knows nothing of HTTP, speech engines or audio codecs, and imports none of our other packages.
"""
