# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The table of measures. A new row is an entry in MEASURES, and a probe if none prints its key."""

from dataclasses import dataclass
from typing import Optional

OURS = 'ours'
CONTESTANTS = (OURS, 'mitogen', 'execnet', 'floor')
ALL = CONTESTANTS
NO_FLOOR = CONTESTANTS[:3]
NO_EXECNET = (OURS, 'mitogen', 'floor')
MITOGENS = (OURS, 'mitogen')
SSH = 'ssh_machine.py'
DOCKER = 'docker_machine.py'


@dataclass(frozen=True)
class Probe:
    """One subcommand that each contestant runs, once a round, in a process of its own."""

    name: str
    count: int
    quick_count: int
    contestants: tuple = ALL
    max_rounds: Optional[int] = None
    peer_count: Optional[int] = None    # for the peers, where they would take too long
    one_cpu: bool = False
    turns: int = 1                      # a round, where luck with CPUs decides much
    program: str = 'bench-mitogen-glib'  # of ours
    machine: Optional[str] = None       # a program that runs the contestant in a machine of its own

    def count_for(self, contestant, quick):
        count = self.quick_count if quick else self.count
        if self.peer_count is None or contestant in (OURS, 'floor'):
            return count
        return min(count, self.peer_count)


@dataclass(frozen=True)
class Bar:
    """Our value against `factor` times a contestant's, or against a fixed limit."""

    factor: float
    against: Optional[str] = None


@dataclass(frozen=True)
class Measure:
    """One row: the values a probe printed under `key` (the row's name unless given)."""

    name: str
    title: str
    probe: str
    unit: str
    bars: tuple = ()
    better: str = 'lower'
    key: Optional[str] = None
    aggregate: str = 'median'


PROBES = {probe.name: probe for probe in (
    Probe('connect', 10, 3),
    Probe('call', 2000, 1000, turns=2),
    Probe('call-one-cpu', 2000, 1000, one_cpu=True),
    Probe('pipeline', 20000, 5000),
    Probe('bulk', 5, 2),
    Probe('children', 100, 20, max_rounds=3),
    Probe('memory', 1, 1, max_rounds=3),
    Probe('responsive', 1000, 300, max_rounds=3),
    Probe('size', 1, 1, NO_FLOOR, max_rounds=1),
    Probe('contexts', 500, 50, NO_FLOOR, max_rounds=2, peer_count=100),
    Probe('forward', 500000, 10000, NO_EXECNET, peer_count=50000),
    Probe('chain', 5, 2, MITOGENS),
    Probe('far', 5, 2, MITOGENS, max_rounds=3),
    Probe('modules', 5, 2, MITOGENS, max_rounds=3),
    Probe('modules-many', 2, 1, MITOGENS, max_rounds=3),
    Probe('tunnel', 50, 10, (OURS,), max_rounds=3, program='bench-tunnel'),
    Probe('tunnel-bulk', 1, 1, (OURS,), max_rounds=3, program='bench-tunnel'),
    Probe('spawn', 20, 4, (OURS, 'floor'), max_rounds=3, program='bench-spawn'),
    Probe('minify', 600, 50, MITOGENS, max_rounds=3, program='bench-minify'),
    Probe('ssh-connect', 5, 2, NO_EXECNET, machine=SSH),
    Probe('ssh-far', 5, 1, NO_EXECNET, max_rounds=3, machine=SSH),
    Probe('ssh-many', 50, 5, MITOGENS, max_rounds=3, machine=SSH),
    Probe('ssh-call', 20, 5, NO_EXECNET, machine=SSH),
    Probe('docker-connect', 10, 2, NO_EXECNET, machine=DOCKER),
    Probe('docker-many', 20, 3, MITOGENS, max_rounds=3, machine=DOCKER),
    Probe('tree', 1000, 100, (OURS,), max_rounds=3),
)}

MEASURES = (
    Measure('connect', 'local connect until usable', 'connect', 'ms',
            (Bar(0.25, 'mitogen'), Bar(0.6, 'execnet'), Bar(1.6, 'floor'))),
    Measure('connect-named', 'the same with the interpreter named', 'connect', 'ms',
            (Bar(0.25, 'mitogen'), Bar(0.6, 'execnet'), Bar(1.6, 'floor'))),
    Measure('call', 'sync call os:getpid', 'call', 'µs',
            (Bar(0.5, 'mitogen'), Bar(0.8, 'execnet'), Bar(1.4, 'floor'))),
    Measure('call-one-cpu', 'sync call, all on one CPU', 'call-one-cpu', 'µs',
            (Bar(0.35, 'mitogen'),), key='call'),
    Measure('pipeline', '20,000 calls started, then collected', 'pipeline', 'calls/s',
            (Bar(3, 'mitogen'),), better='higher'),
    Measure('bulk-argument', '16 MiB bytes as argument of len', 'bulk', 'MiB/s',
            (Bar(8, 'mitogen'),), better='higher'),
    Measure('bulk-reply', '16 MiB bytes as reply', 'bulk', 'MiB/s',
            (Bar(8, 'mitogen'),), better='higher'),
    Measure('children', '100 local children at once', 'children', 's',
            (Bar(0.2, 'mitogen'),)),
    Measure('memory-alone', 'idle child, PSS, alone', 'memory', 'MiB',
            (Bar(0.65, 'mitogen'),)),
    Measure('memory-ten', 'idle child, PSS, each of ten', 'memory', 'MiB',
            (Bar(0.65, 'mitogen'),)),
    Measure('responsive-sleep', 'answer during sleep, median', 'responsive', 'ms',
            (Bar(5),)),
    Measure('responsive-sleep-worst', 'answer during sleep, worst', 'responsive', 'ms',
            aggregate='max'),
    Measure('responsive-busy', 'answer during busy loop, median', 'responsive', 'ms'),
    Measure('responsive-busy-worst', 'answer during busy loop, worst', 'responsive', 'ms',
            (Bar(20),), aggregate='max'),
    Measure('size-command-line', 'command line of the first stage', 'size', 'B',
            (Bar(700),)),
    Measure('size-core', 'compressed core of the child', 'size', 'KiB',
            (Bar(12),)),
    Measure('size-relay', 'compressed relay, sent to who has children', 'size', 'KiB',
            (Bar(4),)),
    Measure('size-sent', 'all sent to the child until connected', 'size', 'KiB'),
    Measure('contexts', 'library memory per idle context', 'contexts', 'KiB',
            (Bar(32),)),
    Measure('forward-small', 'forwarding between children, 64 B', 'forward', '1000/s',
            (Bar(5, 'mitogen'),), better='higher'),
    Measure('forward-large', 'forwarding between children, 64 KiB', 'forward', '1000/s',
            (Bar(0.6, 'floor'),), better='higher'),
    Measure('chain', 'chain of three local children', 'chain', 'ms',
            (Bar(0.35, 'mitogen'),)),
    Measure('far', 'grandchild, first call, 50 ms away', 'far', 'ms',
            (Bar(0.35, 'mitogen'),)),
    Measure('far-round-trips', 'the same in round trips', 'far', '',
            (Bar(1.25),)),
    Measure('modules', 'call that imports 50 modules, cold', 'modules', 'ms',
            (Bar(0.5, 'mitogen'),)),
    Measure('modules-again', 'the same in a second child', 'modules', 'ms'),
    Measure('modules-round-trips', 'the same in round trips', 'modules', '',
            (Bar(3),)),
    Measure('modules-many', 'the same in 20 children at once', 'modules-many', 's'),
    Measure('modules-work', 'how often each module is worked upon', 'modules-many', '',
            (Bar(1),)),
    Measure('tunnel-call', 'call beside a flooded tunnel, 1 MB/s', 'tunnel', 'ms',
            (Bar(100),)),
    Measure('tunnel-rate', 'what the tunnel carries meanwhile', 'tunnel', 'kB/s',
            better='higher'),
    Measure('tunnel-bulk', 'a tunnel from a child on this host', 'tunnel-bulk', 'MB/s',
            better='higher'),
    Measure('spawn-small', 'start of a program', 'spawn', 'ms'),
    Measure('spawn-large', 'the same with 4 GiB resident', 'spawn', 'ms',
            (Bar(0.05, 'floor'),)),
    Measure('spawn-growth', 'ratio of the two', 'spawn', '',
            (Bar(1.5),)),
    Measure('spawn-terminal-growth', 'the same with a terminal for it', 'spawn', '',
            (Bar(1.5),)),
    Measure('minify', 'comments and docstrings taken out', 'minify', 'MiB/s',
            (Bar(10, 'mitogen'),), better='higher'),
    Measure('ssh-connect', 'ssh, first call', 'ssh-connect', 'ms',
            (Bar(1.15, 'floor'), Bar(0.75, 'mitogen'))),
    Measure('ssh-far', 'the same over a proxy, 50 ms away', 'ssh-far', 'ms'),
    Measure('ssh-far-round-trips', 'round trips more than ssh host true', 'ssh-far', '',
            (Bar(1),)),
    Measure('ssh-many', '50 hosts by ssh at once, first call', 'ssh-many', 's',
            (Bar(0.5, 'mitogen'),)),
    Measure('ssh-call', 'call; floor: by ssh, connection shared', 'ssh-call', 'ms',
            (Bar(0.05, 'floor'),)),
    Measure('docker-connect', 'running container, first call', 'docker-connect', 'ms',
            (Bar(0.6, 'mitogen'), Bar(1.3, 'floor'))),
    Measure('docker-many', '20 containers at once', 'docker-many', 's',
            (Bar(0.5, 'mitogen'),)),
    Measure('tree-connect', '10 x 100 contexts connected', 'tree', 's'),
    Measure('tree-connect-growth', 'time for each, of 1,000 to 250', 'tree', '×',
            (Bar(1.5),)),
    Measure('tree-end', 'all of them ended', 'tree', 's'),
    Measure('tree-end-growth', 'time for each, of 1,000 to 250', 'tree', '×',
            (Bar(1.5),)),
    Measure('tree-cpu-growth', 'CPU time of the master for each', 'tree', '×',
            (Bar(1.5),)),
    Measure('tree-memory', 'memory of the master, RSS', 'tree', 'MiB',
            (Bar(64),)),
)
