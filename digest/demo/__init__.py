"""The whole straight line on bundled sample days, over loopback: no network, no server, no configuration.

The papers are invented, their form is the source's. ``server`` and ``mailbox`` are real counterparts
that speak HTTP and SMTP; the tests use them too.
"""
