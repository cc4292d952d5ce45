import AttendBase
import AttendNN
import AttendTensor

extension Transformer: ModelFamily {
  /// The shape of a model, read from `config.json`:
  ///
  /// | Field | Meaning | When left out |
  /// |---|---|---|
  /// | `architectures` | `["Transformer"]` (or `["MarianMTModel"]`, whose fields are a subset of these) | |
  /// | `vocab_size`, `decoder_vocab_size` | tokens of sources and of targets | –, `vocab_size` |
  /// | `d_model` | width of the hidden states, a whole number of heads | 512 |
  /// | `encoder_layers`, `decoder_layers` | | 6 |
  /// | `encoder_attention_heads`, `decoder_attention_heads` | | 8 |
  /// | `encoder_ffn_dim`, `decoder_ffn_dim` | width inside the feed-forward layers | 4 · `d_model` |
  /// | `max_position_embeddings` | the longest source and target in tokens, their ends included | 512 |
  /// | `position_embedding_type` | `sinusoidal` or `learned` | `sinusoidal` |
  /// | `activation_function` | `relu`, `gelu`, `silu`, …, or gated: `swiglu`, `geglu` | `relu` |
  /// | `norm_first` | norms before each part instead of behind it | false |
  /// | `final_norm` | a norm behind the last layers | as `norm_first` |
  /// | `layer_norm_epsilon` | | 1e-5 |
  /// | `scale_embedding` | embeddings times √`d_model` | true |
  /// | `share_encoder_decoder_embeddings` | one table for sources and targets | true |
  /// | `tie_word_embeddings` | the output layer is the targets' table | true |
  /// | `dropout`, `attention_dropout`, `activation_dropout` | while training: of embeddings and parts' results, of attention weights, of what the activation gives | 0 |
  /// | `decoder_start_token_id`, `eos_token_id` | what the decoder starts from; what ends sources and targets | – |
  /// | `pad_token_id` | never predicted | none |
  /// | `alignment_heads` | `[[layer, head], …]` of the decoder, whose mean attention to the source is drawn as alignment | all heads of the last layer but one (Garg et al. 2019, arXiv:1909.02074) |
  public struct Config: Sendable {
    /// The shape of the encoder or of the decoder.
    public struct Stack: Sendable {
      public let layers, heads, intermediate: Int
    }

    public let sourceVocabularySize, vocabularySize, width, maximumLength: Int
    public let encoder, decoder: Stack
    public let activation: Activation
    public let normEpsilon: Float
    public let isGated, isNormFirst, hasFinalNorm, learnsPositions: Bool
    public let scalesEmbeddings, sharesEmbeddings, tiesOutput: Bool
    public let dropout, attentionDropout, activationDropout: Float
    public let startToken, endToken: Int32
    public let paddingToken: Int32?
    public let alignmentHeads: [(layer: Int, head: Int)]

    func norm(_ scope: WeightScope) -> LayerNorm { LayerNorm(scope, width: width, epsilon: normEpsilon) }
  }

  public static let architectures = ["Transformer", "MarianMTModel"]
  public static let modelType = "transformer"
  public static let basePrefix = "model"
  public static let gguf: GGUFMap? = nil

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let width = try fields.integer("d_model", default: 512, in: 2...1 << 20)
    guard width % 2 == 0 else { throw fields.unsupported("an odd width of \(width)") }
    let encoder = try stack(fields, "encoder", width)
    let decoder = try stack(fields, "decoder", width)
    let sourceVocabulary = try fields.integer("vocab_size", in: 1...1 << 24)
    let vocabulary = try fields.integer("decoder_vocab_size", default: sourceVocabulary, in: 1...1 << 24)
    let sharesEmbeddings = try fields.bool("share_encoder_decoder_embeddings", default: true)
    guard !sharesEmbeddings || vocabulary == sourceVocabulary else {
      throw fields.unsupported("one table for vocabularies of \(sourceVocabulary) and \(vocabulary)")
    }
    let normFirst = try fields.bool("norm_first", default: fields.bool("normalize_before", default: false))
    let (activation, isGated) = try activation(fields)
    let config = Config(
      sourceVocabularySize: sourceVocabulary, vocabularySize: vocabulary, width: width,
      maximumLength: try fields.integer("max_position_embeddings", default: 512, in: 1...1 << 24),
      encoder: encoder, decoder: decoder, activation: activation,
      normEpsilon: try fields.number("layer_norm_epsilon", default: 1e-5), isGated: isGated, isNormFirst: normFirst,
      hasFinalNorm: try fields.bool("final_norm", default: fields.bool("add_final_layer_norm", default: normFirst)),
      learnsPositions: try learnsPositions(fields),
      scalesEmbeddings: try fields.bool("scale_embedding", default: true), sharesEmbeddings: sharesEmbeddings,
      tiesOutput: try fields.bool("tie_word_embeddings", default: true), dropout: try fields.rate("dropout"),
      attentionDropout: try fields.rate("attention_dropout"),
      activationDropout: try fields.rate("activation_dropout"),
      startToken: try fields.token("decoder_start_token_id", below: vocabulary),
      endToken: try fields.token("eos_token_id", below: min(vocabulary, sourceVocabulary)),
      paddingToken: try fields.optionalToken("pad_token_id", below: vocabulary),
      alignmentHeads: try alignmentHeads(fields, decoder))
    if config.isGated, config.activationDropout > 0 {
      throw fields.unsupported("activation_dropout of a gated feed-forward layer")
    }
    try fields.require("is_encoder_decoder", equals: true)
    try fields.require("normalize_embedding", equals: false)
    try fields.finish(harmless: ConfigurationFields.harmless.union(harmless))
    return config
  }

  /// Fields of Marian that do not touch a forward pass at inference.
  private static let harmless: Set<String> = [
    "encoder_layerdrop", "decoder_layerdrop", "num_hidden_layers", "init_std", "classif_dropout", "add_bias_logits",
    "extra_pos_embeddings", "force_bos_token_to_be_generated", "max_source_positions",
  ]

  private static func stack(_ fields: ConfigurationFields, _ name: String, _ width: Int) throws -> Config.Stack {
    let heads = try fields.integer("\(name)_attention_heads", default: 8, in: 1...1 << 16)
    guard width % heads == 0 else { throw fields.unsupported("\(width) channels in \(heads) heads") }
    return Config.Stack(
      layers: try fields.integer("\(name)_layers", default: 6, in: 0...4096), heads: heads,
      intermediate: try fields.integer("\(name)_ffn_dim", default: 4 * width, in: 1...1 << 22))
  }

  private static func activation(_ fields: ConfigurationFields) throws -> (Activation, isGated: Bool) {
    switch try fields.string("activation_function") {
    case "swiglu": (.silu, true)
    case "geglu": (.gelu, true)
    default: (try fields.activation("activation_function", default: .relu), false)
    }
  }

  private static func learnsPositions(_ fields: ConfigurationFields) throws -> Bool {
    let isStatic = try fields.bool("static_position_embeddings", default: true)
    switch try fields.string("position_embedding_type") {
    case nil: return !isStatic
    case "sinusoidal": return false
    case "learned": return true
    case let other?: throw fields.unsupported("the positions \(quoted(other))")
    }
  }

  private static func alignmentHeads(
    _ fields: ConfigurationFields, _ decoder: Config.Stack
  ) throws -> [(layer: Int, head: Int)] {
    let pairs = try fields.integerPairs("alignment_heads") ?? []
    for pair in pairs where !(0..<decoder.layers).contains(pair.0) || !(0..<decoder.heads).contains(pair.1) {
      throw fields.unsupported("the alignment head [\(pair.0), \(pair.1)]")
    }
    if !pairs.isEmpty || decoder.layers == 0 { return pairs.map { (layer: $0.0, head: $0.1) } }
    return (0..<decoder.heads).map { (layer: max(decoder.layers - 2, 0), head: $0) }
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    switch name {
    case "lm_head.weight": config.tiesOutput
    case "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight": config.sharesEmbeddings
    case "model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight": !config.learnsPositions
    default: false
    }
  }

  public var vocabularySize: Int { config.vocabularySize }
  public var sourceVocabularySize: Int { config.sourceVocabularySize }
  public var maximumSourceLength: Int { config.maximumLength }
  public var maximumTargetLength: Int { config.maximumLength }
  public var startToken: Int32 { config.startToken }
  public var endToken: Int32 { config.endToken }
  public var neverPredicted: Set<Int32> {
    Set([config.paddingToken, config.startToken].compactMap { $0 }).subtracting([config.endToken])
  }
}
