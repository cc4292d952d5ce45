import AttendNN
import AttendTensor

// Generation: the source is encoded once, each step computes one row.
extension Seq2SeqRNN {
  public struct DecoderState: Sendable {
    /// Of each layer, `[1, width]`.
    var layers: [RecurrentState]
    /// What the source's states say to every query; nil without attention. Each source by itself, so that the length of
    /// its neighbours has no influence on sums.
    let memory: AlignmentAttention.Memory?
  }

  public func encode(_ sources: [[Int32]]) throws -> [DecoderState] {
    var pass = ForwardPass(lengths: sources.map(\.count))
    let (states, final) = encode(sources, &pass)
    return pass.sequences.enumerated().map { index, rows in
      DecoderState(
        layers: final.map { $0.row(index) },
        memory: attention?.prepare(PaddedMemory(states, sequences: [rows])))
    }
  }

  public func step(_ tokens: [Int32], _ states: inout [DecoderState]) throws -> Tensor {
    var pass = ForwardPass(lengths: tokens.map { _ in 1 })
    let embedded = embed(tokens, targetEmbedding, &pass)
    var layers = (0..<config.layers).map { layer in RecurrentState(rows: states.map { $0.layers[layer] }) }
    let hidden: Tensor
    if config.attention == .bahdanau {
      hidden = apply(
        stepBahdanau(embedded, &layers, &pass) { query, pass in (attend(query, states, &pass), ()) }.features, &pass)
    } else {
      let result = decoder.step(embedded, state: layers, &pass)
      layers = result.state
      hidden =
        attention == nil
        ? result.output
        : apply(.concatenated([attend(result.output, states, &pass), result.output], axis: 1), &pass)
    }
    for row in states.indices { states[row].layers = layers.map { $0.row(row) } }
    return output(hidden, phase: .decode)
  }

  /// Each query with its own memory.
  /// - Returns: contexts, `[queries, width]`.
  private func attend(_ queries: Tensor, _ states: [DecoderState], _ pass: inout ForwardPass) -> Tensor {
    guard let attention else { return queries }
    var contexts: [Tensor] = []
    for (row, state) in states.enumerated() {
      guard let memory = state.memory else { continue }
      contexts.append(
        attention(queries.sliced(axis: 0, row..<row + 1).unsqueezed(1), memory, &pass).context.squeezed(1))
    }
    return .concatenated(contexts, axis: 0)
  }

  public func alignments(source: [[Int32]], target: [[Int32]]) -> [Tensor]? {
    var pass = ForwardPass(lengths: [])
    return teach(source, target, &pass).alignments
  }
}

extension RecurrentState {
  /// The state of one sequence.
  fileprivate func row(_ index: Int) -> RecurrentState {
    RecurrentState(
      hidden: hidden.sliced(axis: 0, index..<index + 1), cell: cell?.sliced(axis: 0, index..<index + 1))
  }

  /// The states of several sequences.
  fileprivate init(rows: [RecurrentState]) {
    let cells = rows.compactMap(\.cell)
    self.init(
      hidden: .concatenated(rows.map(\.hidden), axis: 0), cell: cells.isEmpty ? nil : .concatenated(cells, axis: 0))
  }
}
