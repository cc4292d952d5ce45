import AttendBase
import AttendTensor

/// Reads a model's configuration field by field and remembers which were read: a field that would change results is
/// implemented or refused, never ignored.
public final class ConfigurationFields {
  private let object: JSON.Object
  private let origin: String
  private var read: Set<String> = []

  /// - Parameter origin: file name, for error messages.
  public init(_ object: JSON.Object, origin: String) {
    self.object = object
    self.origin = origin
  }

  private func value(_ name: String) -> JSON? {
    read.insert(name)
    guard let value = object[name], !value.isNull else { return nil }
    return value
  }

  /// An integer that must be there unless a default is given, within bounds.
  public func integer(_ name: String, default fallback: Int? = nil, in bounds: ClosedRange<Int>)
    throws -> Int
  {
    guard let value = value(name) else {
      guard let fallback else { throw missing(name) }
      return fallback
    }
    guard let integer = value.intValue, bounds.contains(integer) else {
      throw wrong(
        name, value, expected: "an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return integer
  }

  /// A finite number that must be there unless a default is given.
  public func number(_ name: String, default fallback: Float? = nil) throws -> Float {
    guard let value = value(name) else {
      guard let fallback else { throw missing(name) }
      return fallback
    }
    guard let number = value.doubleValue.map({ Float($0) }), number.isFinite else {
      throw wrong(name, value, expected: "a number")
    }
    return number
  }

  /// Whether a field is there and null, which may mean something else than its absence.
  public func isNull(_ name: String) -> Bool {
    read.insert(name)
    return object[name]?.isNull == true
  }

  public func bool(_ name: String, default fallback: Bool) throws -> Bool {
    guard let value = value(name) else { return fallback }
    guard let bool = value.boolValue else { throw wrong(name, value, expected: "true or false") }
    return bool
  }

  /// A probability below 1 of leaving something out while training.
  public func rate(_ name: String, default fallback: Float = 0) throws -> Float {
    let rate = try number(name, default: fallback)
    guard (0..<1).contains(rate) else { throw wrong(name, JSON(Double(rate)), expected: "a number from 0 to below 1") }
    return rate
  }

  /// A token's id, which must be there.
  public func token(_ name: String, below count: Int) throws -> Int32 {
    guard let id = try optionalToken(name, below: count) else { throw missing(name) }
    return id
  }

  /// A token's id.
  public func optionalToken(_ name: String, below count: Int) throws -> Int32? {
    guard value(name) != nil else { return nil }
    return Int32(try integer(name, in: 0...min(count, Int(Int32.max)) - 1))
  }

  /// A list of integers.
  public func integers(_ name: String) throws -> [Int]? {
    guard let value = value(name) else { return nil }
    guard let list = value.arrayValue else { throw wrong(name, value, expected: "a list of integers") }
    return try list.map { element in
      guard let integer = element.intValue else { throw wrong(name, value, expected: "a list of integers") }
      return integer
    }
  }

  /// A list of finite numbers.
  public func numbers(_ name: String) throws -> [Float]? {
    guard let value = value(name) else { return nil }
    guard let list = value.arrayValue else { throw wrong(name, value, expected: "a list of numbers") }
    return try list.map { element in
      guard let number = element.doubleValue.map({ Float($0) }), number.isFinite else {
        throw wrong(name, value, expected: "a list of numbers")
      }
      return number
    }
  }

  /// A list of pairs of integers.
  public func integerPairs(_ name: String) throws -> [(Int, Int)]? {
    guard let value = value(name) else { return nil }
    guard let list = value.arrayValue else { throw wrong(name, value, expected: "a list of pairs") }
    return try list.map { pair in
      guard pair.arrayValue?.count == 2, let first = pair[0]?.intValue, let second = pair[1]?.intValue else {
        throw wrong(name, value, expected: "a list of pairs of integers")
      }
      return (first, second)
    }
  }

  public func string(_ name: String) throws -> String? {
    guard let value = value(name) else { return nil }
    guard let string = value.stringValue else { throw wrong(name, value, expected: "a string") }
    return string
  }

  /// A list of strings.
  public func strings(_ name: String) throws -> [String]? {
    guard let value = value(name) else { return nil }
    guard let list = value.arrayValue else { throw wrong(name, value, expected: "a list of strings") }
    return try list.map { element in
      guard let string = element.stringValue else { throw wrong(name, value, expected: "a list of strings") }
      return string
    }
  }

  /// A nested object's fields, or nil when the field is absent or null.
  public func object(_ name: String) throws -> ConfigurationFields? {
    guard let value = value(name) else { return nil }
    guard let object = value.objectValue else { throw wrong(name, value, expected: "an object") }
    return ConfigurationFields(object, origin: "\(origin): \(name)")
  }

  /// An activation by the name that Hugging Face gives it.
  public func activation(_ name: String, default fallback: Activation) throws -> Activation {
    guard let text = try string(name) else { return fallback }
    switch text {
    case "relu": return .relu
    case "silu", "swish": return .silu
    case "gelu", "gelu_python": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh": return .geluTanh
    case "tanh": return .tanh
    default: throw unsupported("\(name) is \"\(text)\"")
    }
  }

  /// Refuses a field whose only implemented value is given.
  public func require(_ name: String, equals expected: JSON) throws {
    guard let value = value(name), value != expected else { return }
    throw unsupported("\(name) is \(value.text())")
  }

  /// Throws for fields that nobody read: they may change results.
  /// - Parameter harmless: fields that have no effect on a forward pass.
  public func finish(harmless: Set<String> = []) throws {
    for (name, value) in object where !read.contains(name) && !harmless.contains(name) {
      // Absent features are commonly written down as null, false or empty.
      if value.isNull || value == .bool(false) || value.arrayValue?.isEmpty == true
        || value.objectValue?.isEmpty == true
      {
        continue
      }
      throw AttendError(
        .unsupported,
        "\(origin): the field \"\(name)\" is not known to this version and may change results",
        hint: "remove the field if it has no effect on this model")
    }
  }

  public func unsupported(_ what: String) -> AttendError {
    AttendError(
      .unsupported, "\(origin): \(what), which is not supported",
      hint: "use another variant of this model")
  }

  private func missing(_ name: String) -> AttendError {
    AttendError(
      .damagedFile, "\(origin): the field \"\(name)\" is missing",
      hint: "is this the model's own configuration?")
  }

  private func wrong(_ name: String, _ value: JSON, expected: String) -> AttendError {
    let text = value.text()
    let shown = text.count > 60 ? String(text.prefix(60)) + "…" : text
    return AttendError(
      .damagedFile, "\(origin): the field \"\(name)\" is \(shown), expected \(expected)")
  }

  /// Fields of every Hugging Face configuration that do not touch a forward pass at inference: bookkeeping, training,
  /// and defaults of generation (which `generation_config.json` supersedes).
  public static let harmless: Set<String> = [
    "_name_or_path", "_commit_hash", "_attn_implementation_autoset", "_attn_implementation",
    "architectures",
    "attn_implementation", "auto_map", "bad_words_ids", "begin_suppress_tokens", "bos_token_id",
    "chunk_size_feed_forward",
    "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty", "do_sample",
    "dtype", "early_stopping",
    "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id", "forced_eos_token_id", "id2label", "initializer_range",
    "initializer_factor",
    "is_llama_config", "label2id", "length_penalty", "max_length", "min_length", "model_type",
    "no_repeat_ngram_size",
    "num_beam_groups", "num_beams", "num_return_sequences", "output_attentions",
    "output_hidden_states", "output_scores",
    "pad_token_id", "prefix", "problem_type", "pruned_heads", "remove_invalid_values",
    "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens",
    "task_specific_params", "temperature",
    "tf_legacy_loss", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
    "transformers_version",
    "transformers.js_config", "typical_p", "use_bfloat16", "use_cache", "attention_dropout",
    "resid_pdrop", "embd_pdrop",
    "attn_pdrop", "classifier_dropout", "hidden_dropout", "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj",
    "gradient_checkpointing", "unsloth_fixed",
  ]
}
