"""Makes a translator of Transformer-base's shape (6 + 6 layers, width 512, 8 heads, 2048 inside, 32 000 tokens) with
random weights, as Hugging Face's Marian keeps it and as CTranslate2 does. usage: transformer_base.py FOLDER

Nothing is ever translated by it: speed does not depend on the weights. A bias keeps it from predicting its end.
"""

import pathlib
import sys
import types

import torch
from ctranslate2.converters import transformers as converters
from transformers import MarianConfig, MarianMTModel

VOCABULARY, END = 32_000, 0
folder = pathlib.Path(sys.argv[1])
torch.manual_seed(0)
config = MarianConfig(
    vocab_size=VOCABULARY,
    d_model=512,
    encoder_layers=6,
    decoder_layers=6,
    encoder_attention_heads=8,
    decoder_attention_heads=8,
    encoder_ffn_dim=2048,
    decoder_ffn_dim=2048,
    activation_function="relu",
    pad_token_id=VOCABULARY - 1,
    decoder_start_token_id=VOCABULARY - 1,
    eos_token_id=END,
    bos_token_id=None,
    forced_eos_token_id=None,
    scale_embedding=True,
    static_position_embeddings=True,
    max_position_embeddings=512,
)
model = MarianMTModel(config).eval()
with torch.no_grad():
    model.final_logits_bias[0, END] = model.final_logits_bias[0, VOCABULARY - 1] = -1e4
model.save_pretrained(folder / "huggingface")

names = {f"t{i}": i for i in range(VOCABULARY)}
tokenizer = types.SimpleNamespace(
    encoder=names,
    unk_token="t1",
    bos_token="t2",
    eos_token=f"t{END}",
    pad_token=f"t{VOCABULARY - 1}",
    get_vocab=lambda: names,
)
loader = converters.MarianMTLoader()
spec = loader.get_model_spec(model)
# The loader drops the row of the padding token.
tokens = list(names)[:-1]
spec.register_source_vocabulary(tokens)
spec.register_target_vocabulary(tokens)
loader.set_config(spec.config, model, tokenizer)
spec.validate()
(folder / "ctranslate2").mkdir(parents=True, exist_ok=True)
spec.save(str(folder / "ctranslate2"))
