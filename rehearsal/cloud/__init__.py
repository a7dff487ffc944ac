"""The rehearsal's cloud: an emulated AWS API on a loopback port. It rents nothing and bills nobody.

moto answers the calls; this package stands in front of it and adds what moto lacks: validation
against AWS's own service models, EC2's life-cycle with machines that really boot, a clock that
fires schedules, a billing meter, a log of every call, and faults on demand.
"""
