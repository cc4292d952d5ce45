import AttendBase
import AttendNN
import AttendTensor

/// Gemma 3, text only. Gemma Team 2025, arXiv:2503.19786.
///
/// Most layers see a window of the last positions, every sixth sees all; queries and keys are normed; each half of a
/// block is normed before and after. The cache keeps the positions that have left the window.
public struct Gemma3: CausalLanguageModel {
  let embedding: Embedding
  let blocks: [Block]
  let norm: RMSNorm
  let output: Linear
  let config: Config

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["model"]
    let local = Rotary(width: config.headWidth, base: config.local.base, scaling: config.local.scaling)
    let global = Rotary(width: config.headWidth, base: config.global.base, scaling: config.global.scaling)
    embedding = Embedding(
      model["embed_tokens"], count: config.vocabularySize, width: config.hiddenSize, initializer: config.initializer)
    blocks = config.slidingLayers.enumerated().map { layer, isSliding in
      Block(
        model["layers"][layer], config, isSliding ? local : global, window: isSliding ? config.window : nil)
    }
    norm = RMSNorm(shifted: model["norm"], width: config.hiddenSize, epsilon: config.normEpsilon)
    output =
      config.tiesEmbeddings
      ? Linear(sharing: embedding)
      : Linear(
        scope["lm_head"], from: config.hiddenSize, to: config.vocabularySize, bias: false,
        initializer: config.initializer)
    self.config = config
  }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts.
  /// - Returns: logits, `[tokens, vocabulary]`.
  public func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor {
    // The reference rounds √width to the type of its activations, which are float32 here.
    var hidden = embedding(tokens) * Float(config.hiddenSize).squareRoot()
    for (layer, block) in blocks.enumerated() {
      pass.keep(hidden: hidden)
      hidden = block(hidden, layer, &pass)
    }
    hidden = norm(pass.outputs(of: hidden))
    pass.keep(hidden: hidden)
    let logits = output(hidden, phase: pass.phase)
    guard let cap = config.logitCap else { return logits }
    return (logits * (1 / cap)).tanh() * cap
  }

  struct Block: Sendable {
    let attentionNorm, attentionOutputNorm, feedForwardNorm, feedForwardOutputNorm: RMSNorm
    let attention: NormedAttention
    let feedForward: GatedFeedForward

    init(_ scope: WeightScope, _ config: Config, _ rotary: Rotary, window: Int?) {
      func norm(_ name: String) -> RMSNorm {
        RMSNorm(shifted: scope[name], width: config.hiddenSize, epsilon: config.normEpsilon)
      }
      attentionNorm = norm("input_layernorm")
      attention = NormedAttention(scope["self_attn"], config, rotary, window: window)
      attentionOutputNorm = norm("post_attention_layernorm")
      feedForwardNorm = norm("pre_feedforward_layernorm")
      feedForward = GatedFeedForward(
        scope["mlp"], width: config.hiddenSize, intermediate: config.intermediateSize, activation: config.activation,
        initializer: config.initializer)
      feedForwardOutputNorm = norm("post_feedforward_layernorm")
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let x = x + attentionOutputNorm(attention(attentionNorm(x), layer, &pass))
      return x + feedForwardOutputNorm(feedForward(feedForwardNorm(x), phase: pass.phase))
    }
  }

  /// Grouped-query attention whose queries and keys are normed before they turn. Henry et al. 2020, arXiv:2010.04245.
  struct NormedAttention: Sendable {
    let projection, output: Linear
    let queryNorm, keyNorm: RMSNorm
    let rotary: Rotary
    let heads, keyValueHeads, headWidth: Int
    let options: AttentionOptions
    let dropout: Float

    init(_ scope: WeightScope, _ config: Config, _ rotary: Rotary, window: Int?) {
      (heads, keyValueHeads, headWidth) = (config.headCount, config.keyValueHeadCount, config.headWidth)
      projection = Linear(
        [
          (scope["q_proj"], heads * headWidth), (scope["k_proj"], keyValueHeads * headWidth),
          (scope["v_proj"], keyValueHeads * headWidth),
        ], from: config.hiddenSize, bias: config.hasAttentionBias, initializer: config.initializer)
      output = Linear(
        scope["o_proj"], from: heads * headWidth, to: config.hiddenSize, bias: config.hasAttentionBias,
        initializer: config.initializer)
      queryNorm = RMSNorm(shifted: scope["q_norm"], width: headWidth, epsilon: config.normEpsilon)
      keyNorm = RMSNorm(shifted: scope["k_norm"], width: headWidth, epsilon: config.normEpsilon)
      self.rotary = rotary
      options = AttentionOptions(scale: 1 / config.queryScalar.squareRoot(), window: window)
      dropout = config.attentionDropout
    }

    /// - Parameter x: `[tokens, width]`.
    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let projected = projection(x, phase: pass.phase)
      let tokens = x.shape[0]
      func part(_ first: Int, _ count: Int) -> Tensor {
        projected.sliced(axis: 1, first * headWidth..<(first + count) * headWidth)
          .reshaped([tokens, count, headWidth])
      }
      let tables = pass.tables(rotary)
      let query = Rotary.rotate(queryNorm(part(0, heads)), tables)
      let key = Rotary.rotate(keyNorm(part(heads, keyValueHeads)), tables)
      let mixed = AttendNN.attention(
        query, key, part(heads + keyValueHeads, keyValueHeads), layer: layer, options: options,
        dropout: pass.attentionDropout(dropout), &pass)
      return output(mixed.reshaped([tokens, heads * headWidth]), phase: pass.phase)
    }
  }

  public var vocabularySize: Int { config.vocabularySize }
  public var contextLength: Int { config.contextLength }
  public var cacheShape: KeyValueShape {
    KeyValueShape(
      layers: config.slidingLayers.count, heads: config.keyValueHeadCount, keyWidth: config.headWidth,
      valueWidth: config.headWidth)
  }
}
