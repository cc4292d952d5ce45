import AttendModels
import AttendNN
import AttendTensor

/// A GRU encoder-decoder, without attention (Sutskever et al. 2014, arXiv:1409.3215; Cho et al. 2014, arXiv:1406.1078)
/// or with Bahdanau's (Bahdanau et al. 2015, arXiv:1409.0473), in the smallest form: one layer on each side.
package struct RecurrentTranslator: SequenceToSequenceModel {
  private let sourceEmbedding, targetEmbedding: Embedding
  private let encoder, decoder: RecurrentNetwork
  private let attention: Attention?
  private let output: Linear
  private let width: Int
  package let vocabularySize: Int
  package let maximumSourceLength: Int

  package var sourceVocabularySize: Int { vocabularySize }
  package var maximumTargetLength: Int { maximumSourceLength }
  package var startToken: Int32 { SwapLanguage.start }
  package var endToken: Int32 { SwapLanguage.end }

  package init(_ scope: WeightScope, vocabulary: Int, width: Int, hasAttention: Bool, mostTokens: Int) {
    func embedding(_ scope: WeightScope) -> Embedding {
      Embedding(scope, count: vocabulary, width: width, initializer: .normal(1))
    }
    sourceEmbedding = embedding(scope["source_embedding"])
    targetEmbedding = embedding(scope["target_embedding"])
    let gru = RecurrentCell.gru(.afterProduct)
    encoder = RecurrentNetwork(
      scope["encoder"], cell: gru, inputs: width, hidden: width, options: .init(isBidirectional: hasAttention))
    attention = hasAttention ? Attention(scope["attention"], width: width) : nil
    let context = hasAttention ? 2 * width : 0
    decoder = RecurrentNetwork(scope["decoder"], cell: gru, inputs: width + context, hidden: width)
    output = Linear(scope["output"], from: width + context, to: vocabulary)
    self.width = width
    vocabularySize = vocabulary
    maximumSourceLength = mostTokens
  }

  // MARK: Teacher forcing

  package func logits(source: [[Int32]], target: [[Int32]], _ pass: inout ForwardPass) -> Tensor {
    decode(source, target).logits
  }

  package func alignments(source: [[Int32]], target: [[Int32]]) -> [Tensor]? {
    guard attention != nil else { return nil }
    let steps = decode(source, target).weights
    return source.indices.map { index in
      Tensor.concatenated(
        steps[0..<target[index].count].map { $0.sliced(axis: 0, index..<index + 1) }, axis: 0
      ).sliced(axis: 1, 0..<source[index].count)
    }
  }

  /// All targets step side by side up to the longest; rows of shorter ones are dropped at the end.
  /// - Returns: logits of the targets end to end, and each step's attention, `[targets, longest source]`.
  private func decode(_ source: [[Int32]], _ target: [[Int32]]) -> (logits: Tensor, weights: [Tensor]) {
    let (memory, initial) = read(source)
    let padded = attention.map { _ in memory.padded() }
    let longest = target.map(\.count).max() ?? 0
    var state = initial
    var (outputs, weights): ([Tensor], [Tensor]) = ([], [])
    for step in 0..<longest {
      let tokens = target.map { step == 0 || step > $0.count ? startToken : $0[step - 1] }
      let result = advance(Tensor(tokens), state, padded)
      state = result.state
      outputs.append(result.output)
      if let seen = result.weights { weights.append(seen) }
    }
    guard !outputs.isEmpty else { return (.zeros([0, vocabularySize]), []) }
    let rows = target.enumerated().flatMap { index, tokens in
      tokens.indices.map { Int32($0 * target.count + index) }
    }
    return (output(Tensor.concatenated(outputs, axis: 0).gather(rows: Tensor(rows))), weights)
  }

  /// - Returns: what the encoder keeps of the sources, and the decoder's first state `[sources, width]`.
  private func read(_ source: [[Int32]]) -> (Memory, Tensor) {
    var pass = ForwardPass(lengths: source.map(\.count))
    let (states, final) = encoder(sourceEmbedding(Tensor(source.flatMap(\.self))), &pass)
    let last = final[final.count - 1].hidden
    let memory = Memory(states: states, keys: attention?.keys(states) ?? states, sequences: pass.sequences)
    return (memory, attention?.initial(last) ?? last)
  }

  /// One step of every target.
  /// - Returns: what the output layer reads, `[targets, width + context]`.
  private func advance(
    _ tokens: Tensor, _ state: Tensor, _ memory: Memory.Padded?
  ) -> (output: Tensor, state: Tensor, weights: Tensor?) {
    var pass = ForwardPass(lengths: [])
    var x = targetEmbedding(tokens)
    guard let attention, let memory else {
      let state = decoder.step(x, state: [RecurrentState(hidden: state)], &pass).output
      return (state, state, nil)
    }
    let (context, weights) = attention(state, memory)
    x = .concatenated([x, context], axis: 1)
    let next = decoder.step(x, state: [RecurrentState(hidden: state)], &pass).output
    return (.concatenated([next, context], axis: 1), next, weights)
  }

  // MARK: Generation

  package struct DecoderState: Sendable {
    /// `[1, width]`.
    package var hidden: Tensor
    /// Of this source alone.
    package let states, keys: Tensor

    package init(
      hidden: Tensor, states: Tensor, keys: Tensor
    ) {
      self.hidden = hidden
      self.states = states
      self.keys = keys
    }
  }

  package func encode(_ sources: [[Int32]]) throws -> [DecoderState] {
    let (memory, initial) = read(sources)
    return memory.sequences.enumerated().map { index, rows in
      DecoderState(
        hidden: initial.sliced(axis: 0, index..<index + 1), states: memory.states.sliced(axis: 0, rows),
        keys: memory.keys.sliced(axis: 0, rows))
    }
  }

  package func step(_ tokens: [Int32], _ states: inout [DecoderState]) throws -> Tensor {
    let padded = attention.map { _ in
      Memory(
        states: .concatenated(states.map(\.states), axis: 0), keys: .concatenated(states.map(\.keys), axis: 0),
        sequences: ForwardPass(lengths: states.map { $0.keys.shape[0] }).sequences
      ).padded()
    }
    let result = advance(Tensor(tokens), .concatenated(states.map(\.hidden), axis: 0), padded)
    for index in states.indices { states[index].hidden = result.state.sliced(axis: 0, index..<index + 1) }
    return output(result.output)
  }
}

extension RecurrentTranslator {
  /// The encoder's states and what attention compares with, sources end to end.
  package struct Memory {
    package let states, keys: Tensor
    package let sequences: [Range<Int>]

    package init(
      states: Tensor, keys: Tensor, sequences: [Range<Int>]
    ) {
      self.states = states
      self.keys = keys
      self.sequences = sequences
    }

    /// The same with every source as long as the longest.
    struct Padded {
      /// `[sources, longest, …]`.
      let states, keys: Tensor
      /// 0 at tokens, a huge negative number beyond them: `[sources, longest]`.
      let mask: Tensor
    }

    func padded() -> Padded {
      let longest = sequences.map(\.count).max() ?? 0
      var (rows, mask): ([Int32], [Float]) = ([], [])
      for sequence in sequences {
        for place in 0..<longest {
          let isToken = place < sequence.count
          rows.append(Int32(isToken ? sequence.lowerBound + place : 0))
          mask.append(isToken ? 0 : -1e9)
        }
      }
      func spread(_ x: Tensor) -> Tensor {
        x.gather(rows: Tensor(rows)).reshaped([sequences.count, longest, x.shape[1]])
      }
      return Padded(states: spread(states), keys: spread(keys), mask: Tensor(mask, shape: [sequences.count, longest]))
    }
  }

  /// softmax over the source of v · tanh(W_q·s + W_k·h). Bahdanau et al. 2015, appendix A.1.2.
  package struct Attention: Sendable {
    private let key, query, score, first: Linear

    init(_ scope: WeightScope, width: Int) {
      key = Linear(scope["key"], from: 2 * width, to: width)
      query = Linear(scope["query"], from: width, to: width, bias: false)
      score = Linear(scope["score"], from: width, to: 1, bias: false)
      first = Linear(scope["initial"], from: width, to: width)
    }

    /// - Parameter states: `[source tokens, 2 · width]`.
    func keys(_ states: Tensor) -> Tensor { key(states) }

    /// The decoder's first state, from that of the encoder's backward direction.
    func initial(_ final: Tensor) -> Tensor { first(final, activation: .tanh) }

    /// - Parameter state: the decoder's, `[targets, width]`.
    /// - Returns: the mean of the encoder's states under the weights `[targets, longest source]`.
    func callAsFunction(_ state: Tensor, _ memory: Memory.Padded) -> (context: Tensor, weights: Tensor) {
      let seen = (memory.keys + query(state).unsqueezed(1)).tanh()
      let weights = (score(seen).squeezed(2) + memory.mask).softmax()
      let context = weights.unsqueezed(1).matmul(memory.states).squeezed(1)
      return (context, weights)
    }
  }
}
