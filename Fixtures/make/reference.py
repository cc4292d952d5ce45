"""Runs the reference implementation on a tiny checkpoint folder and stores what it computes."""

import copy
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

GREEDY_TOKENS = 24
MINIMUM_MARGIN = 2e-3  # between the best and second-best logit of a greedy step: well above float32 noise


def write_json(path, value):
    pathlib.Path(path).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def randomize(model, generator):
    """Random parameters that exercise everything: projections that keep the variance, norms and biases far from
    their neutral 1 (0 in Gemma, which keeps what is added to 1) and 0, embeddings that give logits a standard
    deviation of about 3."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                parameter.copy_(0.3 * noise)
            elif parameter.dim() == 1:
                parameter.copy_((0.5 if model.config.model_type.startswith("gemma") else 1) + 0.3 * noise)
            elif "wpe" in name:
                parameter.copy_(0.3 * noise)
            elif any(part in name for part in ("wte", "embed_tokens", "lm_head", "embed_in")):
                parameter.copy_(3 * parameter.shape[1] ** -0.5 * noise)
            else:
                fan_in = parameter.shape[0] if "c_" in name else parameter.shape[-1]
                parameter.copy_(1.2 * fan_in**-0.5 * noise)


def new_model(config, seed):
    config = copy.deepcopy(config)
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    randomize(model, torch.Generator().manual_seed(seed))
    return model


def load_model(folder, dtype=torch.float32):
    """The checkpoint of `folder` as the reference implementation reads it."""
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", local_files_only=True
    ).eval()


def positions_of(mask):
    return (mask.cumsum(-1) - 1).clamp(min=0)


def forward(model, ids, mask=None):
    """Logits and hidden states; zero where the mask is, since nothing there means anything."""
    arguments = {"input_ids": ids, "output_hidden_states": True, "use_cache": False}
    if mask is not None:
        arguments.update(attention_mask=mask, position_ids=positions_of(mask))
    with torch.no_grad():
        result = model(**arguments)
    tensors = {"logits": result.logits}
    for index, state in enumerate(result.hidden_states):
        tensors[f"hidden_states.{index}"] = state
    assert len(result.hidden_states) == model.config.num_hidden_layers + 1
    head = model.get_output_embeddings()
    logits = head(result.hidden_states[-1])
    cap = getattr(model.config, "final_logit_softcapping", None)
    logits = cap * torch.tanh(logits / cap) if cap else logits
    assert torch.allclose(logits, result.logits, atol=1e-5), "the last state is not normed"
    if mask is not None:
        tensors = {name: value * mask[..., None] for name, value in tensors.items()}
    return tensors


def greedy(model, prompt, count=GREEDY_TOKENS, minimum_margin=MINIMUM_MARGIN):
    """Greedy tokens, the same with and without the cache, and no end-of-text among them; None if a step is
    too close to call or the text ends, so that the caller can try another prompt."""
    ids, cache, chosen = prompt[None], None, []
    with torch.no_grad():
        for _ in range(count):
            step = ids if cache is None else ids[:, -1:]
            result = model(step, past_key_values=cache, use_cache=True)
            cache = result.past_key_values
            best = result.logits[0, -1].topk(2)
            if best.values[0] - best.values[1] < minimum_margin:
                return None
            chosen.append(int(best.indices[0]))
            ids = torch.cat([ids, best.indices[:1][None]], dim=1)
        again = model(ids, use_cache=False).logits[0, len(prompt) - 1 : -1].argmax(-1).tolist()
    assert again == chosen, "cache and no cache disagree"
    ends = model.config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    return None if any(token in ends for token in chosen) else torch.tensor(chosen)


def prompt_and_greedy(model, seed, length=6):
    vocabulary = model.config.vocab_size
    for attempt in range(200):
        generator = torch.Generator().manual_seed(1000 * seed + attempt)
        prompt = torch.randint(3, vocabulary, (length,), generator=generator)
        chosen = greedy(model, prompt)
        if chosen is not None and len(set(chosen.tolist())) > 3:
            return {"prompt_ids": prompt, "greedy_ids": chosen}
    raise SystemExit("no prompt with a clear greedy continuation: choose another seed")


def random_ids(vocabulary, shape, seed):
    return torch.randint(0, vocabulary, shape, generator=torch.Generator().manual_seed(seed))


def save_golden(folder, tensors):
    """All finite, contiguous, float32 or int64; named so that two runs give the same bytes."""
    ready = {}
    for name in sorted(tensors):
        value = tensors[name].detach()
        value = value.to(torch.float32) if value.is_floating_point() else value.to(torch.int64)
        assert not value.is_floating_point() or value.isfinite().all(), name
        ready[name] = value.contiguous().clone()
    save_file(ready, pathlib.Path(folder) / "golden.safetensors")


def as_saved(name, value):
    """A parameter under the names of the checkpoint, where each expert has its own."""
    layer, _, part = name.partition(".experts.")
    if not part:
        return [(name, value)]
    parts = {"gate_up_proj": ["gate_proj", "up_proj"], "down_proj": ["down_proj"]}[part]
    return [
        (f"{layer}.experts.{expert}.{kind}.weight", piece)
        for expert, whole in enumerate(value)
        for kind, piece in zip(parts, whole.chunk(len(parts)))
    ]


def gradients(folder, ids):
    """Mean next-token cross-entropy over all predictions of the batch and its derivative by every parameter,
    in float64."""
    model = load_model(folder, torch.float64)
    model.config._experts_implementation = "eager"  # the faster ways know no float64
    logits = model(ids, use_cache=False).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]).double(), ids[:, 1:].reshape(-1))
    loss.backward()
    tensors = {}
    for name, parameter in model.named_parameters():
        for saved, part in as_saved(name, parameter.grad):
            tensors[f"grad.{saved}"] = part
    return {"input_ids": ids, "loss": loss, "logits": model(ids).logits} | tensors


__all__ = [name for name in dir() if not name.startswith("_")]
