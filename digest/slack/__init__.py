"""The Slack app (extra ``slack``): subscribing, reading and tuning without leaving Slack.

Bolt brings the requests in (HTTP with verified signatures, or Socket Mode); what they mean is decided by
plain functions of the store that give back blocks. Everything may come twice and is harmless then.
"""
