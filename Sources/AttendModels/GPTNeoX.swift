import AttendBase
import AttendNN
import AttendTensor

/// GPT-NeoX and Pythia: rotary positions for a part of each head, attention and feed-forward side by side.
/// Black et al. 2022, arXiv:2204.06745; Biderman et al. 2023, arXiv:2304.01373.
public struct GPTNeoX: CausalLanguageModel {
  let embedding: Embedding
  let blocks: [Block]
  let norm: LayerNorm
  let output: Linear
  let rotary: Rotary
  let config: Config

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["gpt_neox"]
    embedding = Embedding(
      model["embed_in"], count: config.vocabularySize, width: config.hiddenSize, initializer: config.initializer)
    rotary = Rotary(width: config.rotaryWidth, base: config.rotary.base, scaling: config.rotary.scaling)
    blocks = (0..<config.layerCount).map { [rotary] in Block(model["layers"][$0], config, rotary) }
    norm = LayerNorm(model["final_layer_norm"], width: config.hiddenSize, epsilon: config.normEpsilon)
    output =
      config.tiesEmbeddings
      ? Linear(sharing: embedding)
      : Linear(
        scope["embed_out"], from: config.hiddenSize, to: config.vocabularySize, bias: false,
        initializer: config.initializer)
    self.config = config
  }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts.
  /// - Returns: logits, `[tokens, vocabulary]`.
  public func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor {
    var hidden = pass.dropout(embedding(tokens), config.hiddenDropout)
    for (layer, block) in blocks.enumerated() {
      pass.keep(hidden: hidden)
      hidden = block(hidden, layer, &pass)
    }
    hidden = norm(pass.outputs(of: hidden))
    pass.keep(hidden: hidden)
    return output(hidden, phase: pass.phase)
  }

  struct Block: Sendable {
    let attentionNorm, feedForwardNorm: LayerNorm
    let attention: Attention
    let feedForward: FeedForward
    let isParallel: Bool
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config, _ rotary: Rotary) {
      let (width, inner) = (config.hiddenSize, config.intermediateSize)
      attentionNorm = LayerNorm(scope["input_layernorm"], width: width, epsilon: config.normEpsilon)
      feedForwardNorm = LayerNorm(scope["post_attention_layernorm"], width: width, epsilon: config.normEpsilon)
      attention = Attention(scope["attention"], config, rotary)
      feedForward = FeedForward(
        first: Linear(scope["mlp"]["dense_h_to_4h"], from: width, to: inner, initializer: config.initializer),
        second: Linear(scope["mlp"]["dense_4h_to_h"], from: inner, to: width, initializer: config.residualInitializer),
        activation: config.activation)
      isParallel = config.isParallel
      dropout = config.hiddenDropout
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let attended = pass.residual(x, dropping: dropout) { residual, pass in
        attention(attentionNorm(x), addingTo: residual, layer: layer, &pass)
      }
      // Side by side both halves see the block's input; one after the other the second sees the first.
      let normed = feedForwardNorm(isParallel ? x : attended)
      return pass.residual(attended, dropping: dropout) { residual, pass in
        feedForward(normed, addingTo: residual, phase: pass.phase)
      }
    }
  }

  struct Attention: Sendable {
    /// Rows head by head: a head's queries, its keys, its values.
    let projection: Linear
    let output: Linear
    let heads, headWidth: Int
    let rotary: Rotary
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config, _ rotary: Rotary) {
      let width = config.hiddenSize
      projection = Linear(
        scope["query_key_value"], from: width, to: 3 * width, bias: config.hasAttentionBias,
        initializer: config.initializer)
      output = Linear(
        scope["dense"], from: width, to: width, bias: config.hasAttentionBias, initializer: config.residualInitializer)
      heads = config.headCount
      headWidth = width / config.headCount
      self.rotary = rotary
      dropout = config.attentionDropout
    }

    func callAsFunction(
      _ x: Tensor, addingTo residual: Tensor?, layer: Int, _ pass: inout ForwardPass
    ) -> Tensor {
      let parts = projection(x, phase: pass.phase).reshaped([x.shape[0], heads, 3 * headWidth])
        .split([headWidth, headWidth, headWidth], axis: 2)
      let tables = pass.tables(rotary)
      let mixed = attention(
        Rotary.rotate(parts[0], tables), Rotary.rotate(parts[1], tables), parts[2], layer: layer,
        options: AttentionOptions(scale: 1 / Float(headWidth).squareRoot()),
        dropout: pass.attentionDropout(dropout), &pass)
      return output(mixed.reshaped([x.shape[0], heads * headWidth]), addingTo: residual, phase: pass.phase)
    }
  }

  public func positionForm(reach: Int) -> Int { rotary.form(reach: reach) }
  public var vocabularySize: Int { config.vocabularySize }
  public var contextLength: Int { config.contextLength }
  public var cacheShape: KeyValueShape {
    let width = config.hiddenSize / config.headCount
    return KeyValueShape(layers: config.layerCount, heads: config.headCount, keyWidth: width, valueWidth: width)
  }
}

extension GPTNeoX: ModelFamily {
  public struct Config: Sendable {
    public let vocabularySize, hiddenSize, intermediateSize, layerCount, headCount, contextLength: Int
    /// Channels of a head that turn.
    package let rotaryWidth: Int
    package let rotary: RotaryFields
    public let activation: Activation
    public let normEpsilon: Float
    /// Attention and feed-forward side by side rather than one after the other.
    public let isParallel: Bool
    public let hasAttentionBias, tiesEmbeddings: Bool
    /// Rates of dropout while training.
    public let attentionDropout, hiddenDropout: Float
    /// Standard deviation of fresh weights.
    public let initializerRange: Float

    var initializer: Initializer { .normal(initializerRange) }
    var residualInitializer: Initializer { .normal(initializerRange / Float(max(2 * layerCount, 1)).squareRoot()) }
  }

  public static let architectures = ["GPTNeoXForCausalLM"]
  public static let modelType = "gpt_neox"
  public static let basePrefix = "gpt_neox"

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let hiddenSize = try fields.integer("hidden_size", default: 6144, in: 1...1 << 20)
    let headCount = try fields.integer("num_attention_heads", default: 64, in: 1...1 << 16)
    guard hiddenSize % headCount == 0 else {
      throw fields.unsupported("\(hiddenSize) channels in \(headCount) heads")
    }
    let headWidth = hiddenSize / headCount
    let context = try fields.integer("max_position_embeddings", default: 2048, in: 1...1 << 28)
    let base = try fields.number("rotary_emb_base", default: 10_000)
    let rotary = try RotaryFields(fields, defaultBase: base, contextLength: context)
    let share = try fields.number("rotary_pct", default: rotary.share ?? 0.25)
    guard share > 0, share <= 1 else { throw fields.unsupported("\(share) of a head's channels turn") }
    let rotaryWidth = try fields.integer(
      "rope_dimension_count", default: Int(Float(headWidth) * (rotary.share ?? share)), in: 0...headWidth)
    if case .long(let factors, _, _, _) = rotary.scaling, factors.count != rotaryWidth / 2 {
      throw fields.unsupported("\(factors.count) factors of LongRoPE for \(rotaryWidth / 2) pairs of channels")
    }
    guard rotaryWidth >= 2, rotaryWidth % 2 == 0 else {
      throw fields.unsupported("\(rotaryWidth) channels of a head turn")
    }
    let config = Config(
      vocabularySize: try fields.integer("vocab_size", default: 50_432, in: 1...1 << 24), hiddenSize: hiddenSize,
      intermediateSize: try fields.integer("intermediate_size", default: 24_576, in: 1...1 << 22),
      layerCount: try fields.integer("num_hidden_layers", default: 44, in: 0...4096), headCount: headCount,
      contextLength: context, rotaryWidth: rotaryWidth, rotary: rotary,
      activation: try fields.activation("hidden_act", default: .gelu),
      normEpsilon: try fields.number("layer_norm_eps", default: 1e-5),
      isParallel: try fields.bool("use_parallel_residual", default: true),
      hasAttentionBias: try fields.bool("attention_bias", default: true),
      tiesEmbeddings: try fields.bool("tie_word_embeddings", default: false),
      attentionDropout: try fields.rate("attention_dropout"), hiddenDropout: try fields.rate("hidden_dropout"),
      initializerRange: try fields.number("initializer_range", default: 0.02))
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    // Causal masks and frequencies that old checkpoints keep as buffers.
    name.hasSuffix(".attention.bias") || name.hasSuffix(".attention.masked_bias")
      || name.hasSuffix("rotary_emb.inv_freq") || (config.tiesEmbeddings && name == "embed_out.weight")
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gptneox",
    fields: [
      .count("hidden_size", "embedding_length"), .count("intermediate_size", "feed_forward_length"),
      .count("num_hidden_layers", "block_count"), .count("num_attention_heads", "attention.head_count"),
      .count("max_position_embeddings", "context_length"), .number("layer_norm_eps", "attention.layer_norm_epsilon"),
      .count("rope_dimension_count", "rope.dimension_count"), .number("rotary_emb_base", "rope.freq_base"),
      .flag("use_parallel_residual", "use_parallel_residual"),
    ],
    weights: [
      ("gpt_neox.embed_in.weight", "token_embd.weight", .same),
      ("gpt_neox.final_layer_norm.weight", "output_norm.weight", .same),
      ("gpt_neox.final_layer_norm.bias", "output_norm.bias", .same),
      ("embed_out.weight", "output.weight", .same),
      ("gpt_neox.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight", .same),
      ("gpt_neox.layers.{}.input_layernorm.bias", "blk.{}.attn_norm.bias", .same),
      ("gpt_neox.layers.{}.attention.query_key_value.weight", "blk.{}.attn_qkv.weight", .headByHead),
      ("gpt_neox.layers.{}.attention.query_key_value.bias", "blk.{}.attn_qkv.bias", .headByHead),
      ("gpt_neox.layers.{}.attention.dense.weight", "blk.{}.attn_output.weight", .same),
      ("gpt_neox.layers.{}.attention.dense.bias", "blk.{}.attn_output.bias", .same),
      ("gpt_neox.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight", .same),
      ("gpt_neox.layers.{}.post_attention_layernorm.bias", "blk.{}.ffn_norm.bias", .same),
      ("gpt_neox.layers.{}.mlp.dense_h_to_4h.weight", "blk.{}.ffn_up.weight", .same),
      ("gpt_neox.layers.{}.mlp.dense_h_to_4h.bias", "blk.{}.ffn_up.bias", .same),
      ("gpt_neox.layers.{}.mlp.dense_4h_to_h.weight", "blk.{}.ffn_down.weight", .same),
      ("gpt_neox.layers.{}.mlp.dense_4h_to_h.bias", "blk.{}.ffn_down.bias", .same),
    ],
    harmless: ["attention.head_count_kv"],
    // Where the file leaves it out it is not so; the checkpoint's default is the other way round.
    complete: { if $0["use_parallel_residual"] == nil { $0["use_parallel_residual"] = false } })
}

extension GPTNeoX: GGUFFamily {
  static func fields(of config: Config) -> JSON.Object {
    var fields = JSON.Object()
    fields["vocab_size"] = JSON(config.vocabularySize)
    fields["hidden_size"] = JSON(config.hiddenSize)
    fields["intermediate_size"] = JSON(config.intermediateSize)
    fields["num_hidden_layers"] = JSON(config.layerCount)
    fields["num_attention_heads"] = JSON(config.headCount)
    fields["max_position_embeddings"] = JSON(config.contextLength)
    fields["rotary_pct"] = JSON(Double(config.rotaryWidth) / Double(config.hiddenSize / config.headCount))
    config.rotary.write(to: &fields, base: "rotary_emb_base", contextLength: config.contextLength)
    fields["hidden_act"] = JSON(config.activation.huggingFaceName)
    fields["layer_norm_eps"] = JSON(shortest: config.normEpsilon)
    fields["use_parallel_residual"] = JSON(config.isParallel)
    fields["attention_bias"] = JSON(config.hasAttentionBias)
    fields["tie_word_embeddings"] = JSON(config.tiesEmbeddings)
    return named(fields)
  }

  static func ggufFields(of config: Config) -> JSON.Object {
    var fields = fields(of: config)
    fields["rope_dimension_count"] = JSON(config.rotaryWidth)
    return fields
  }
}
