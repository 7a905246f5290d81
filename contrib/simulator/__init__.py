"""A hospital that is not there: the devices of rules/site, living an ordinary day and some bad hours.

site.py     the assets that rules/site names
formats.py  messages, as the devices really send them
life.py     ordinary traffic, by the hour
nuisance.py what goes wrong on an ordinary day, and is no case
stories.py  what alarms are for
sender.py   the way to the broker
signer.py   signatures, where devices have keys

Everything that life and stories do is a line in one calendar, made from one seed: see calendar.py.
"""
