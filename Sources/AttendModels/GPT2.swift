import AttendBase
import AttendNN
import AttendTensor

/// GPT-2: learned positions, norms before each part, one projection for queries, keys and values.
/// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
public struct GPT2: CausalLanguageModel {
  let tokenEmbedding, positionEmbedding: Embedding
  let blocks: [Block]
  let norm: LayerNorm
  let output: Linear
  let config: Config

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["transformer"]
    tokenEmbedding = Embedding(
      model["wte"], count: config.vocabularySize, width: config.hiddenSize, initializer: config.initializer)
    positionEmbedding = Embedding(
      model["wpe"], count: config.contextLength, width: config.hiddenSize, initializer: config.initializer)
    blocks = (0..<config.layerCount).map { Block(model["h"][$0], config) }
    norm = LayerNorm(model["ln_f"], width: config.hiddenSize, epsilon: config.normEpsilon)
    output =
      config.tiesEmbeddings
      ? Linear(sharing: tokenEmbedding)
      : Linear(
        scope["lm_head"], from: config.hiddenSize, to: config.vocabularySize, bias: false,
        initializer: config.initializer)
    self.config = config
  }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts.
  /// - Returns: logits, `[tokens, vocabulary]`.
  public func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor {
    let positions = Tensor(pass.positions.map(Int32.init), shape: [pass.positions.count])
    var hidden = pass.dropout(tokenEmbedding(tokens) + positionEmbedding(positions), config.embeddingDropout)
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
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config) {
      let (width, inner) = (config.hiddenSize, config.intermediateSize)
      attentionNorm = LayerNorm(scope["ln_1"], width: width, epsilon: config.normEpsilon)
      attention = Attention(scope["attn"], config)
      feedForwardNorm = LayerNorm(scope["ln_2"], width: width, epsilon: config.normEpsilon)
      feedForward = FeedForward(
        first: Linear(
          scope["mlp"]["c_fc"], from: width, to: inner, layout: .inputsByOutputs, initializer: config.initializer),
        second: Linear(
          scope["mlp"]["c_proj"], from: inner, to: width, layout: .inputsByOutputs,
          initializer: config.residualInitializer),
        activation: config.activation)
      dropout = config.residualDropout
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let x = pass.residual(x, dropping: dropout) { residual, pass in
        attention(attentionNorm(x), addingTo: residual, layer: layer, &pass)
      }
      return pass.residual(x, dropping: dropout) { residual, pass in
        feedForward(feedForwardNorm(x), addingTo: residual, phase: pass.phase)
      }
    }
  }

  struct Attention: Sendable {
    let projection, output: Linear
    let heads, headWidth: Int
    let scalesScores, scalesByLayer: Bool
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config) {
      projection = Linear(
        scope["c_attn"], from: config.hiddenSize, to: 3 * config.hiddenSize,
        layout: .inputsByOutputs, initializer: config.initializer)
      output = Linear(
        scope["c_proj"], from: config.hiddenSize, to: config.hiddenSize, layout: .inputsByOutputs,
        initializer: config.residualInitializer)
      heads = config.headCount
      headWidth = config.hiddenSize / config.headCount
      scalesScores = config.scalesScores
      scalesByLayer = config.scalesByLayer
      dropout = config.attentionDropout
    }

    func callAsFunction(
      _ x: Tensor, addingTo residual: Tensor?, layer: Int, _ pass: inout ForwardPass
    ) -> Tensor {
      let parts = projection(x, phase: pass.phase).reshaped([x.shape[0], 3 * heads, headWidth])
      let (query, key, value) = (
        parts.sliced(axis: 1, 0..<heads), parts.sliced(axis: 1, heads..<2 * heads),
        parts.sliced(axis: 1, 2 * heads..<3 * heads)
      )
      let scale =
        (scalesScores ? 1 / Float(headWidth).squareRoot() : 1)
        / (scalesByLayer ? Float(layer + 1) : 1)
      let mixed = attention(
        query, key, value, layer: layer, options: AttentionOptions(scale: scale),
        dropout: pass.attentionDropout(dropout), &pass)
      return output(
        mixed.reshaped([x.shape[0], heads * headWidth]), addingTo: residual, phase: pass.phase)
    }
  }

  public var vocabularySize: Int { config.vocabularySize }
  public var contextLength: Int { config.contextLength }
  public var cacheShape: KeyValueShape {
    let width = config.hiddenSize / config.headCount
    return KeyValueShape(
      layers: config.layerCount, heads: config.headCount, keyWidth: width, valueWidth: width)
  }
}

extension GPT2: ModelFamily {
  public struct Config: Sendable {
    public let vocabularySize, hiddenSize, intermediateSize, layerCount, headCount,
      contextLength: Int
    public let activation: Activation
    public let normEpsilon: Float
    public let tiesEmbeddings, scalesScores, scalesByLayer: Bool
    /// Rates of dropout while training: of embeddings, of attention weights, of what attention and feed-forward give.
    public let embeddingDropout, attentionDropout, residualDropout: Float
    /// Standard deviation of fresh weights.
    public let initializerRange: Float

    var initializer: Initializer { .normal(initializerRange) }
    /// Parts that add to the residual stream start smaller by √(their number). §2.3.
    var residualInitializer: Initializer { .normal(initializerRange / Float(max(2 * layerCount, 1)).squareRoot()) }
  }

  public static let architectures = ["GPT2LMHeadModel", "GPT2Model"]
  public static let modelType = "gpt2"
  public static let basePrefix = "transformer"

  public static func configuration(_ fields: ConfigurationFields) throws -> Config {
    let hiddenSize = try fields.integer("n_embd", default: 768, in: 1...1 << 20)
    let headCount = try fields.integer("n_head", default: 12, in: 1...1 << 16)
    guard hiddenSize % headCount == 0 else {
      throw fields.unsupported("\(hiddenSize) channels in \(headCount) heads")
    }
    try fields.require("add_cross_attention", equals: false)
    let context = try fields.integer("n_positions", default: 1024, in: 1...1 << 24)
    try fields.require("n_ctx", equals: JSON(context))
    let config = Config(
      vocabularySize: try fields.integer("vocab_size", default: 50257, in: 1...1 << 24),
      hiddenSize: hiddenSize,
      intermediateSize: try fields.integer("n_inner", default: 4 * hiddenSize, in: 1...1 << 22),
      layerCount: try fields.integer("n_layer", default: 12, in: 0...4096), headCount: headCount,
      contextLength: context,
      activation: try fields.activation("activation_function", default: .geluTanh),
      normEpsilon: try fields.number("layer_norm_epsilon", default: 1e-5),
      tiesEmbeddings: try fields.bool("tie_word_embeddings", default: true),
      scalesScores: try fields.bool("scale_attn_weights", default: true),
      scalesByLayer: try fields.bool("scale_attn_by_inverse_layer_idx", default: false),
      embeddingDropout: try fields.rate("embd_pdrop", default: 0.1),
      attentionDropout: try fields.rate("attn_pdrop", default: 0.1),
      residualDropout: try fields.rate("resid_pdrop", default: 0.1),
      initializerRange: try fields.number("initializer_range", default: 0.02))
    // The order of float32 operations alone, not the result: no effect here.
    _ = try fields.bool("reorder_and_upcast_attn", default: false)
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static func ignores(weight name: String, _ config: Config) -> Bool {
    // Causal masks that old checkpoints keep as buffers.
    name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
      || (config.tiesEmbeddings && name == "lm_head.weight")
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gpt2",
    fields: [
      .count("n_embd", "embedding_length"), .count("n_inner", "feed_forward_length"),
      .count("n_layer", "block_count"),
      .count("n_head", "attention.head_count"), .count("n_positions", "context_length"),
      .number("layer_norm_epsilon", "attention.layer_norm_epsilon"),
    ],
    weights: [
      ("transformer.wte.weight", "token_embd.weight", .same),
      ("transformer.wpe.weight", "position_embd.weight", .same),
      ("transformer.ln_f.weight", "output_norm.weight", .same),
      ("transformer.ln_f.bias", "output_norm.bias", .same),
      ("lm_head.weight", "output.weight", .same),
      ("transformer.h.{}.ln_1.weight", "blk.{}.attn_norm.weight", .same),
      ("transformer.h.{}.ln_1.bias", "blk.{}.attn_norm.bias", .same),
      ("transformer.h.{}.attn.c_attn.weight", "blk.{}.attn_qkv.weight", .transposed),
      ("transformer.h.{}.attn.c_attn.bias", "blk.{}.attn_qkv.bias", .same),
      ("transformer.h.{}.attn.c_proj.weight", "blk.{}.attn_output.weight", .transposed),
      ("transformer.h.{}.attn.c_proj.bias", "blk.{}.attn_output.bias", .same),
      ("transformer.h.{}.ln_2.weight", "blk.{}.ffn_norm.weight", .same),
      ("transformer.h.{}.ln_2.bias", "blk.{}.ffn_norm.bias", .same),
      ("transformer.h.{}.mlp.c_fc.weight", "blk.{}.ffn_up.weight", .transposed),
      ("transformer.h.{}.mlp.c_fc.bias", "blk.{}.ffn_up.bias", .same),
      ("transformer.h.{}.mlp.c_proj.weight", "blk.{}.ffn_down.weight", .transposed),
      ("transformer.h.{}.mlp.c_proj.bias", "blk.{}.ffn_down.bias", .same),
    ],
    harmless: ["attention.head_count_kv"])
}

extension GPT2: GGUFFamily {
  static func fields(of config: Config) -> JSON.Object {
    var fields = JSON.Object()
    fields["vocab_size"] = JSON(config.vocabularySize)
    fields["n_embd"] = JSON(config.hiddenSize)
    fields["n_inner"] = JSON(config.intermediateSize)
    fields["n_layer"] = JSON(config.layerCount)
    fields["n_head"] = JSON(config.headCount)
    fields["n_positions"] = JSON(config.contextLength)
    fields["activation_function"] = JSON(config.activation.huggingFaceName)
    fields["layer_norm_epsilon"] = JSON(shortest: config.normEpsilon)
    fields["tie_word_embeddings"] = JSON(config.tiesEmbeddings)
    fields["scale_attn_weights"] = JSON(config.scalesScores)
    fields["scale_attn_by_inverse_layer_idx"] = JSON(config.scalesByLayer)
    return named(fields)
  }
}
