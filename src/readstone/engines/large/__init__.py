"""Engines that a user with more hardware plugs in: large models that are never part of the default install.

Off unless a setting names a model. `roles` says what can be plugged in, `shelf` which models were accepted and lie on
this machine, `plugged` puts the chosen ones together; the other modules each know one family of models. Nothing here
connects to anything but `fetch`, which only `readstone models pull` calls.
"""
