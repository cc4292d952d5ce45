"""What `make bench-peers` runs.

common.py     child processes, measurements in turns, statistics
recording.py  results.jsonl and RESULTS.md
setup.py      brings or finds the peers and the models, at pinned versions
programs.py   how each program is asked for a number
suite.py      the list of workloads; one file each: decode, prompts, batch, attention, products, cold, busy, training,
              translation
"""
