import AttendBase
import AttendNN
import AttendTensor

extension Seq2SeqRNN: ModelFamily {
  /// The shape of a model, read from `config.json`:
  ///
  /// | Field | Meaning | When left out |
  /// |---|---|---|
  /// | `architectures` | `["Seq2SeqRNN"]` | |
  /// | `cell` | `rnn` (tanh), `rnn_relu`, `lstm` or `gru` | `lstm` |
  /// | `attention` | `none`, `bahdanau`, `luong_dot`, `luong_general` or `luong_concat` | `bahdanau` |
  /// | `vocab_size`, `decoder_vocab_size` | tokens of sources and of targets | –, `vocab_size` |
  /// | `d_model` | width of the states; even where the encoder has two directions, which share it | 512 |
  /// | `embedding_dim` | width of the embeddings | `d_model` |
  /// | `attention_dim` | channels of `bahdanau` and `luong_concat` | `d_model` |
  /// | `layers` | of the encoder and of the decoder | 1 |
  /// | `bidirectional` | the encoder reads both ways | true |
  /// | `dropout` | while training: of embeddings, between layers, before the output layer | 0 |
  /// | `share_encoder_decoder_embeddings` | one table for sources and targets | false |
  /// | `tie_word_embeddings` | the output layer is the targets' table; without attention `embedding_dim` is then `d_model` | false |
  /// | `max_position_embeddings` | the longest source and target in tokens, their ends included | 512 |
  /// | `decoder_start_token_id`, `eos_token_id` | what the decoder starts from; what ends sources and targets | – |
  /// | `pad_token_id` | never predicted | none |
  public struct Config: Sendable {
    public enum Attention: Sendable, Hashable {
      case bahdanau, luong
    }

    public let sourceVocabularySize, vocabularySize, width, embeddingWidth, layers, maximumLength: Int
    public let cell: RecurrentCell
    /// nil for a model whose decoder knows the source's last state alone.
    public let attention: Attention?
    public let score: AlignmentAttention.Score?
    public let isBidirectional, sharesEmbeddings, tiesOutput: Bool
    public let dropout: Float
    public let startToken, endToken: Int32
    public let paddingToken: Int32?

    /// Width of what a model with attention gives to its output layer.
    var readoutWidth: Int { tiesOutput ? embeddingWidth : width }
  }

  public static let architectures = ["Seq2SeqRNN"]
  public static let modelType = "seq2seq_rnn"
  public static let basePrefix = "model"
  public static let gguf: GGUFMap? = nil

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let width = try fields.integer("d_model", default: 512, in: 1...1 << 16)
    let sourceVocabulary = try fields.integer("vocab_size", in: 1...1 << 24)
    let vocabulary = try fields.integer("decoder_vocab_size", default: sourceVocabulary, in: 1...1 << 24)
    let (attention, score) = try attention(
      fields, channels: fields.integer("attention_dim", default: width, in: 1...1 << 16))
    let config = Config(
      sourceVocabularySize: sourceVocabulary, vocabularySize: vocabulary, width: width,
      embeddingWidth: try fields.integer("embedding_dim", default: width, in: 1...1 << 16),
      layers: try fields.integer("layers", default: 1, in: 1...256),
      maximumLength: try fields.integer("max_position_embeddings", default: 512, in: 1...1 << 24),
      cell: try cell(fields), attention: attention, score: score,
      isBidirectional: try fields.bool("bidirectional", default: true),
      sharesEmbeddings: try fields.bool("share_encoder_decoder_embeddings", default: false),
      tiesOutput: try fields.bool("tie_word_embeddings", default: false), dropout: try fields.rate("dropout"),
      startToken: try fields.token("decoder_start_token_id", below: vocabulary),
      endToken: try fields.token("eos_token_id", below: min(vocabulary, sourceVocabulary)),
      paddingToken: try fields.optionalToken("pad_token_id", below: vocabulary))
    guard !config.isBidirectional || width % 2 == 0 else {
      throw fields.unsupported("a bidirectional encoder of the odd width \(width)")
    }
    guard !config.sharesEmbeddings || vocabulary == sourceVocabulary else {
      throw fields.unsupported("one table for vocabularies of \(sourceVocabulary) and \(vocabulary)")
    }
    guard !config.tiesOutput || attention != nil || config.embeddingWidth == width else {
      throw fields.unsupported("an output layer tied to embeddings of \(config.embeddingWidth) for states of \(width)")
    }
    try fields.finish(harmless: ConfigurationFields.harmless.union(["is_encoder_decoder"]))
    return config
  }

  private static func cell(_ fields: ConfigurationFields) throws -> RecurrentCell {
    switch try fields.string("cell") {
    case nil, "lstm": return .lstm
    case "gru": return .gru(.afterProduct)
    case "rnn": return .tanh
    case "rnn_relu": return .relu
    case let other?: throw fields.unsupported("the cell \(quoted(other))")
    }
  }

  private static func attention(
    _ fields: ConfigurationFields, channels: Int
  ) throws -> (Config.Attention?, AlignmentAttention.Score?) {
    switch try fields.string("attention") {
    case "none": return (nil, nil)
    case nil, "bahdanau": return (.bahdanau, .additive(width: channels))
    case "luong_dot": return (.luong, .dot)
    case "luong_general": return (.luong, .general)
    case "luong_concat": return (.luong, .concatenated(width: channels))
    case let other?: throw fields.unsupported("the attention \(quoted(other))")
    }
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    config.tiesOutput && name == "lm_head.weight"
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
