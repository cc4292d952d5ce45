extension TrainingConfiguration {
  /// What a configuration file may hold, for people.
  public static let schema = """
    A training configuration is one JSON object. Paths are relative to its folder.
    Fields marked * must be there.

    comment          anything; a place for remarks
    model *          the config.json of the model to be. Its "architectures" names
                     the family: ["GPT2LMHeadModel"], ["LlamaForCausalLM"],
                     ["Transformer"], ["Seq2SeqRNN"]. vocab_size and the ids of
                     start and end tokens are filled in from the tokenizer.
                     Dropout is the model's own (resid_pdrop, dropout, ...).
    tokenizer *      path of a tokenizer.json or of a folder with one;
                     "characters": a token for each character of the texts;
                     "bytes": a token for each byte;
                     {"train": {"vocabulary": 8000, "minimum_frequency": 2}}:
                     byte-level BPE learnt from the texts
    data *
      kind *               text: one stream of tokens, cut into blocks
                           lines: each line a sequence of its own
                           pairs: source, tab, target on each line
      train *              a path or a list of paths, UTF-8
      validation           a path or a list of paths to measure the model on
      validation_fraction  instead: the end of a text, or lines drawn with the
                           seed (default 0)
      block_size           tokens per block (text, packed lines; default: the
                           model's positions)
      order                random: blocks drawn anywhere (default for text)
                           shuffled: each example once per epoch (default else)
                           sequential
      packing              lines laid end to end and cut into blocks
                           (default false)
      bucketing            batches of similar length (lines, pairs; default true)
      longest              the most tokens per line or side (default: the
                           model's limit)
      too_long             truncate (default) or skip
    training *
      seed                 of weights, order and dropout (default 1)
      steps or epochs *    updates, or passes over the data
      batch_size or batch_tokens *
                           examples or tokens per forward pass and process
      accumulation         forward passes per update (default 1)
      precision            exact: float32 (default)
                           fast: bfloat16 products, float32 sums and weights
      optimizer            {"name": adamw (default), adam, sgd, adafactor, lion;
                           "betas", "epsilon", "weight_decay", "momentum",
                           "nesterov", "scale_parameter" (adafactor); "decays":
                           matrices (default) or all}
      schedule *           {"name": constant (default), linear, cosine,
                           inverse_square_root, noam, one_cycle, relative_step;
                           "learning_rate", "warmup" (updates), "minimum",
                           "steps", "width" and "factor" (noam)}
      clip_norm            the most the gradients' norm may be (default 1; 0: any)
      label_smoothing      0 (default) to below 1
      averaging            keep and evaluate an exponential average of the
                           weights with this memory, such as 0.999 (default 0)
      evaluate_every       updates between evaluations (default: at the end)
      evaluation_batches   at most this many batches per evaluation
      patience             evaluations without improvement before an early stop
      checkpoint_every     updates between checkpoints (default 500)
      keep_checkpoints     how many stay (default 2)
      log_every            updates between lines of progress (default 10)

    A language model on characters:
    {
      "model": {"architectures": ["GPT2LMHeadModel"], "n_layer": 6, "n_head": 6,
                "n_embd": 384, "n_positions": 256, "resid_pdrop": 0.2},
      "tokenizer": "characters",
      "data": {"kind": "text", "train": "austen.txt", "validation_fraction": 0.1},
      "training": {"steps": 5000, "batch_size": 16, "evaluate_every": 250,
                   "optimizer": {"betas": [0.9, 0.99], "weight_decay": 0.1},
                   "schedule": {"name": "cosine", "learning_rate": 0.001,
                                "warmup": 100, "minimum": 0.0001}}
    }

    A translator:
    {
      "model": {"architectures": ["Transformer"], "d_model": 256,
                "encoder_layers": 3, "decoder_layers": 3, "dropout": 0.1},
      "tokenizer": "tokenizer.json",
      "data": {"kind": "pairs", "train": "train.tsv", "validation": "valid.tsv"},
      "training": {"epochs": 10, "batch_tokens": 4096, "label_smoothing": 0.1,
                   "evaluate_every": 500, "patience": 5,
                   "optimizer": {"name": "adam", "betas": [0.9, 0.98]},
                   "schedule": {"name": "noam", "width": 256, "warmup": 4000}}
    }

    """
}
