"""Decoding while another program computes on every core."""

from peers.common import BusyCores, Row, in_turns
from peers.programs import Attend, Llama
from peers.workload import Workload

# Short: a program that waits for its threads at every step may write a token per second here.
LENGTH = 16


def run(setting):
    peers = setting.peers
    if not peers.has("llama.cpp"):
        return
    attend, llama, model = Attend(peers), Llama(peers), setting.models[0]
    for threads in setting.threads:

        def busy(decode):
            def measure():
                with BusyCores():
                    return decode()

            return measure

        def ours():
            return attend.decode(model.attend, LENGTH, threads)

        def theirs():
            return llama.decode(model.gguf, LENGTH, threads)

        found = in_turns(
            setting,
            {
                "attend": ours,
                "llama.cpp": theirs,
                "attend, busy": busy(ours),
                "llama.cpp, busy": busy(theirs),
            },
            warm_up=False,
        )
        if len(found) == 4:
            rates = {"attend": found["attend, busy"], "llama.cpp": found["llama.cpp, busy"]}
            yield Row(f"{model.label}, decode {LENGTH} on busy cores", "tokens/s", threads, rates)
            kept = {
                name: [100 * value / idle for value, idle in zip(rates[name], found[name])]
                for name in ("attend", "llama.cpp")
            }
            yield Row(f"{model.label}, rate kept", "% of idle", threads, kept, aim="attend ≥ 40 %")


WORKLOAD = Workload(
    "busy",
    "Decoding beside others",
    "A process that computes without end runs on every core, at the same priority.",
    ["llama.cpp"],
    run,
)
