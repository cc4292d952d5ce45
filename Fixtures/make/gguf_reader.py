"""Opens a published Llama GGUF as the reference would: its weights widened to float32, and its tokenizer."""

import numpy
import torch
from gguf import GGUFReader, TokenType
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models
from transformers import LlamaConfig, LlamaForCausalLM

from . import gguf_files, tiny_tokenizer


def value(reader, key):
    return reader.fields[key].contents()


def tokenizer(reader):
    """Byte-level BPE with the control tokens recognized anywhere in a text."""
    prefix = "tokenizer.ggml."
    tokens, types = value(reader, prefix + "tokens"), value(reader, prefix + "token_type")
    merges = [tuple(merge.split(" ")) for merge in value(reader, prefix + "merges")]
    result = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    result.pre_tokenizer = tiny_tokenizer.pre_tokenizer(value(reader, prefix + "pre"))
    result.decoder = decoders.ByteLevel()
    controls = [token for token, type_ in zip(tokens, types) if type_ == TokenType.CONTROL]
    assert set(types) <= {TokenType.NORMAL, TokenType.CONTROL}, set(types)
    result.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in controls])
    assert result.get_vocab_size() == len(tokens)
    return result


def llama(reader):
    def metadata(key):
        return value(reader, "llama." + key)

    config = LlamaConfig(
        hidden_size=metadata("embedding_length"),
        num_hidden_layers=metadata("block_count"),
        num_attention_heads=metadata("attention.head_count"),
        num_key_value_heads=metadata("attention.head_count_kv"),
        intermediate_size=metadata("feed_forward_length"),
        vocab_size=metadata("vocab_size"),
        max_position_embeddings=metadata("context_length"),
        rms_norm_eps=metadata("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": metadata("rope.freq_base")},
        tie_word_embeddings=not any(tensor.name == "output.weight" for tensor in reader.tensors),
        eos_token_id=value(reader, "tokenizer.ggml.eos_token_id"),
    )
    config._attn_implementation = "eager"
    model = LlamaForCausalLM(config).eval()
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            tensor = tensors.pop(gguf_files.gguf_name(name, gguf_files.LLAMA_NAMES))
            values = dequantize(tensor.data, tensor.tensor_type).reshape([int(size) for size in tensor.shape][::-1])
            _, from_file = gguf_files.layout(name, config)
            parameter.copy_(torch.from_numpy(numpy.array(from_file(values), dtype=numpy.float32)))
    assert not tensors, f"unused: {list(tensors)}"
    return model


def open_file(path):
    return GGUFReader(path)
