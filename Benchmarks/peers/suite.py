"""All workloads, in the order of the results."""

from peers import attention, batch, busy, cold, decode, products, prompts, training, translation

WORKLOADS = [
    module.WORKLOAD for module in (decode, prompts, batch, attention, products, cold, busy, training, translation)
]
