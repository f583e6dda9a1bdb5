"""The same steps on several hosts: Procrastinate's queue beside the store (extra ``cluster``, Postgres).

The deliveries table is the truth. A job names a batch of deliveries and is put into the queue by the
transaction that plans them; lost or repeated it changes nothing, since claims decide who sends, and a
sweep finds what no job names. Any number of workers and schedulers may run.
"""
