import AttendBase
import AttendNN
import AttendTensor

/// Recurrent encoder-decoders, the chapters before the Transformer: without attention, Sutskever et al. 2014,
/// arXiv:1409.3215 (LSTM) and Cho et al. 2014, arXiv:1406.1078 (GRU); with attention, Bahdanau et al. 2015,
/// arXiv:1409.0473, and Luong et al. 2015, arXiv:1508.04025.
///
///     none:      sₜ = RNN(e(yₜ₋₁), sₜ₋₁);               logits = W sₜ
///     Bahdanau:  cₜ = Σ α h, α from sₜ₋₁;  sₜ = RNN([e(yₜ₋₁); cₜ], sₜ₋₁);  logits = W tanh(R [sₜ; cₜ; e(yₜ₋₁)])
///     Luong:     sₜ = RNN(e(yₜ₋₁), sₜ₋₁);  cₜ = Σ α h, α from sₜ;          logits = W tanh(R [cₜ; sₜ])
///
/// Each decoder layer starts with the final state of its encoder layer, both directions side by side.
public struct Seq2SeqRNN: SequenceToSequenceModel {
  let sourceEmbedding, targetEmbedding: Embedding
  let encoder, decoder: RecurrentNetwork
  let attention: AlignmentAttention?
  /// R, of models with attention.
  let readout: Linear?
  let output: Linear
  let config: Config

  public init(_ scope: WeightScope, _ config: Config) {
    let model = scope["model"]
    func embedding(_ scope: WeightScope, _ count: Int) -> Embedding {
      Embedding(scope, count: count, width: config.embeddingWidth, initializer: .normal(0.1))
    }
    sourceEmbedding = embedding(
      config.sharesEmbeddings ? model["shared"] : model["encoder"]["embed_tokens"], config.sourceVocabularySize)
    targetEmbedding =
      config.sharesEmbeddings
      ? sourceEmbedding : embedding(model["decoder"]["embed_tokens"], config.vocabularySize)
    encoder = RecurrentNetwork(
      model["encoder"]["rnn"], cell: config.cell, inputs: config.embeddingWidth,
      hidden: config.isBidirectional ? config.width / 2 : config.width,
      options: .init(layers: config.layers, isBidirectional: config.isBidirectional, dropout: config.dropout))
    let readsContext = config.attention == .bahdanau
    decoder = RecurrentNetwork(
      model["decoder"]["rnn"], cell: config.cell, inputs: config.embeddingWidth + (readsContext ? config.width : 0),
      hidden: config.width, options: .init(layers: config.layers, dropout: config.dropout))
    attention = config.score.map {
      AlignmentAttention(
        model["decoder"]["attention"], score: $0, queryWidth: config.width, stateWidth: config.width)
    }
    let readoutInputs = 2 * config.width + (readsContext ? config.embeddingWidth : 0)
    readout = config.attention.map { _ in
      Linear(model["decoder"]["readout"], from: readoutInputs, to: config.readoutWidth)
    }
    let outputs = config.attention == nil ? config.width : config.readoutWidth
    output =
      config.tiesOutput
      ? Linear(sharing: targetEmbedding) : Linear(scope["lm_head"], from: outputs, to: config.vocabularySize)
    self.config = config
  }

  public func logits(source: [[Int32]], target: [[Int32]], _ pass: inout ForwardPass) -> Tensor {
    teach(source, target, &pass).logits
  }

  /// Teacher forcing.
  /// - Returns: logits of all targets end to end, and for each pair `[target tokens, source tokens]`.
  func teach(
    _ source: [[Int32]], _ target: [[Int32]], _ pass: inout ForwardPass
  ) -> (logits: Tensor, alignments: [Tensor]?) {
    let (states, final, rows) = pass.over(lengths: source.map(\.count)) { pass in
      let result = encode(source, &pass)
      return (result.states, result.final, pass.sequences)
    }
    return pass.over(lengths: target.map(\.count)) { pass in
      let embedded = embed(shifted(target), targetEmbedding, &pass)
      guard let attention else {
        let hidden = decoder(embedded, initial: final, &pass).output
        return (read(hidden, &pass), nil)
      }
      let memory = attention.prepare(PaddedMemory(states, sequences: rows))
      let result =
        config.attention == .bahdanau
        ? teachBahdanau(embedded, final, attention, memory, &pass)
        : teachLuong(embedded, final, attention, memory, &pass)
      let alignments = pass.sequences.indices.map { index in
        result.weights[index].sliced(axis: 0, 0..<target[index].count)
          .sliced(axis: 1, 0..<source[index].count)
      }
      return (output(pass.dropout(result.readout, config.dropout), phase: pass.phase), alignments)
    }
  }

  /// - Returns: `[tokens, width]` of the last layer, and where each decoder layer starts.
  func encode(_ source: [[Int32]], _ pass: inout ForwardPass) -> (states: Tensor, final: [RecurrentState]) {
    let embedded = embed(source.flatMap { $0 }, sourceEmbedding, &pass)
    let (states, final) = encoder(embedded, &pass)
    guard config.isBidirectional else { return (states, final) }
    let joined = stride(from: 0, to: final.count, by: 2).map { layer in
      let pair = final[layer..<layer + 2]
      let cells = pair.compactMap(\.cell)
      return RecurrentState(
        hidden: .concatenated(pair.map(\.hidden), axis: 1), cell: cells.isEmpty ? nil : .concatenated(cells, axis: 1))
    }
    return (states, joined)
  }

  func embed(_ tokens: [Int32], _ embedding: Embedding, _ pass: inout ForwardPass) -> Tensor {
    pass.dropout(embedding(Tensor(tokens, shape: [tokens.count])), config.dropout)
  }

  /// Logits of a model without attention.
  private func read(_ hidden: Tensor, _ pass: inout ForwardPass) -> Tensor {
    output(pass.dropout(hidden, config.dropout), phase: pass.phase)
  }

  /// What a step of teacher forcing gives: `[tokens, readoutWidth]`, and weights `[targets, sources]` of each pair.
  typealias Taught = (readout: Tensor, weights: [Tensor])

  /// The state before a step chooses what the step reads, so steps follow one another. All sequences take part in all
  /// steps; what lies behind a target's end is dropped.
  private func teachBahdanau(
    _ embedded: Tensor, _ initial: [RecurrentState], _ attention: AlignmentAttention,
    _ memory: AlignmentAttention.Memory, _ pass: inout ForwardPass
  ) -> Taught {
    let places = Places(pass.sequences)
    let steps = embedded.gather(rows: places.padded)
    var state = initial
    var features: [Tensor] = []
    var weights: [Tensor] = []
    for step in 0..<places.longest {
      let result = stepBahdanau(steps.selected(axis: 1, step), &state, &pass) { query, pass in
        let (context, weights) = attention(query.unsqueezed(1), memory, &pass)
        return (context.squeezed(1), weights)
      }
      features.append(result.features)
      weights.append(result.weights)
    }
    // [sequences, steps, …]: one product for the readouts of all steps.
    let all = Tensor.concatenated(features.map { $0.unsqueezed(1) }, axis: 1)
    let rows = all.reshaped([all.shape[0] * all.shape[1], all.shape[2]]).gather(rows: places.flat)
    let padded = Tensor.concatenated(weights, axis: 1)
    return (apply(rows, &pass), (0..<padded.shape[0]).map { padded.selected(axis: 0, $0) })
  }

  /// One step of all sequences.
  /// - Returns: [sₜ; cₜ; e(yₜ₋₁)], `[sequences, …]`, and the attention's weights.
  func stepBahdanau<Weights>(
    _ embedded: Tensor, _ state: inout [RecurrentState], _ pass: inout ForwardPass,
    attend: (Tensor, inout ForwardPass) -> (context: Tensor, weights: Weights)
  ) -> (features: Tensor, weights: Weights) {
    let (context, weights) = attend(state[state.count - 1].hidden, &pass)
    let result = decoder.step(.concatenated([embedded, context], axis: 1), state: state, &pass)
    state = result.state
    return (.concatenated([result.output, context, embedded], axis: 1), weights)
  }

  /// States do not depend on attention, so that all of them are computed first.
  private func teachLuong(
    _ embedded: Tensor, _ initial: [RecurrentState], _ attention: AlignmentAttention,
    _ memory: AlignmentAttention.Memory, _ pass: inout ForwardPass
  ) -> Taught {
    let places = Places(pass.sequences)
    let hidden = decoder(embedded, initial: initial, &pass).output
    let (contexts, weights) = attention(hidden.gather(rows: places.padded), memory, &pass)
    let context = contexts.reshaped([contexts.shape[0] * contexts.shape[1], config.width]).gather(rows: places.flat)
    return (
      apply(.concatenated([context, hidden], axis: 1), &pass),
      (0..<weights.shape[0]).map { weights.selected(axis: 0, $0) }
    )
  }

  /// tanh(R x).
  func apply(_ features: Tensor, _ pass: inout ForwardPass) -> Tensor {
    readout.map { $0(features, activation: .tanh, phase: pass.phase) } ?? features
  }

  /// Where the tokens of sequences laid end to end are in a padded batch.
  private struct Places {
    let longest: Int
    /// `[sequences, longest]`: rows of the tokens; behind a sequence's end its last one again.
    let padded: Tensor
    /// `[tokens]`: rows of the padded batch.
    let flat: Tensor

    init(_ sequences: [Range<Int>]) {
      let longest = sequences.map(\.count).max() ?? 0
      var rowsOfTokens: [Int32] = []
      var placesOfTokens: [Int32] = []
      for (index, rows) in sequences.enumerated() {
        for place in 0..<longest { rowsOfTokens.append(Int32(rows.lowerBound + min(place, rows.count - 1))) }
        for place in 0..<rows.count { placesOfTokens.append(Int32(index * longest + place)) }
      }
      self.longest = longest
      padded = Tensor(rowsOfTokens, shape: [sequences.count, longest])
      flat = Tensor(placesOfTokens, shape: [placesOfTokens.count])
    }
  }
}
