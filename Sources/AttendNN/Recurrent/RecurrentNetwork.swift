import AttendTensor

/// Recurrent layers one above the other, in one direction or both: PyTorch's `RNN`, `LSTM` and `GRU`, whose parameter
/// names and gate order it has.
public struct RecurrentNetwork: Sendable {
  /// What every layer is like.
  public struct Options: Sendable {
    public var layers = 1
    /// A second direction runs from each sequence's end to its start; its outputs follow those of the first.
    public var isBidirectional = false
    public var hasBias = true
    /// Probability with which the outputs of every layer but the last are dropped while training.
    public var dropout: Float = 0
    /// Width of an LSTM's projected hidden vector.
    public var projected: Int?
    /// Where a fresh LSTM's forget gates begin: 1 keeps the cell at first. Jozefowicz et al. 2015. Nil draws the bias
    /// like all others.
    public var forgetBias: Float?

    public init(
      layers: Int = 1, isBidirectional: Bool = false, hasBias: Bool = true, dropout: Float = 0,
      projected: Int? = nil, forgetBias: Float? = nil
    ) {
      self.layers = layers
      self.isBidirectional = isBidirectional
      self.hasBias = hasBias
      self.dropout = dropout
      self.projected = projected
      self.forgetBias = forgetBias
    }
  }

  public let cell: RecurrentCell
  /// Width of the result: twice that of a state when bidirectional.
  public let outputs: Int
  /// Width of the cell state, and of the hidden vector without a projection.
  public let hidden: Int
  /// Of each layer and direction: layer 0 forwards, layer 0 backwards, layer 1 forwards…
  let weights: [RecurrentWeights]
  let directions: Int
  let dropout: Float

  /// - Parameter scope: holds `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_hr_l0` (projection), the
  ///   same with `_reverse`, then those of `l1`…
  public init(_ scope: WeightScope, cell: RecurrentCell, inputs: Int, hidden: Int, options: Options = Options()) {
    let state = cell == .lstm ? options.projected ?? hidden : hidden
    let directions = options.isBidirectional ? 2 : 1
    let uniform = Initializer.uniform(1 / Float(max(hidden, 1)).squareRoot())
    func bias(_ forget: Float) -> Initializer {
      guard cell == .lstm, options.forgetBias != nil else { return uniform }
      return .parts([uniform, .constant(forget), uniform, uniform])
    }
    var weights: [RecurrentWeights] = []
    for layer in 0..<options.layers {
      for direction in 0..<directions {
        let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
        let rows = cell.gates * hidden
        let width = layer == 0 ? inputs : directions * state
        weights.append(
          RecurrentWeights(
            input: scope.tensor("weight_ih_\(suffix)", shape: [rows, width], initializer: uniform),
            hidden: scope.tensor("weight_hh_\(suffix)", shape: [rows, state], initializer: uniform),
            inputBias: options.hasBias
              ? scope.tensor("bias_ih_\(suffix)", shape: [rows], initializer: bias(options.forgetBias ?? 0)) : nil,
            hiddenBias: options.hasBias
              ? scope.tensor("bias_hh_\(suffix)", shape: [rows], initializer: bias(0)) : nil,
            projection: cell == .lstm && options.projected != nil
              ? scope.tensor("weight_hr_\(suffix)", shape: [state, hidden], initializer: uniform) : nil))
      }
    }
    self.init(cell: cell, weights: weights, isBidirectional: options.isBidirectional, dropout: options.dropout)
  }

  /// Layers around given weights.
  /// - Parameters:
  ///   - weights: of each layer and direction: layer 0 forwards, layer 0 backwards, layer 1 forwards…
  ///   - dropout: what drops the outputs of every layer but the last while training.
  public init(cell: RecurrentCell, weights: [RecurrentWeights], isBidirectional: Bool = false, dropout: Float = 0) {
    precondition(
      !weights.isEmpty && (!isBidirectional || weights.count % 2 == 0), "weights of every layer and direction")
    self.cell = cell
    self.weights = weights
    self.dropout = dropout
    directions = isBidirectional ? 2 : 1
    let last = weights[weights.count - 1]
    hidden = last.projection?.shape[1] ?? last.hidden.shape[1]
    outputs = directions * last.hidden.shape[1]
  }

  /// Runs over whole sequences.
  /// - Parameters:
  ///   - x: `[tokens, inputs]`, the sequences laid end to end.
  ///   - sequences: the rows of each sequence, nil for those of the pass.
  ///   - initial: the state of each layer and direction before the first step, nil for zeros. Order as in `weights`.
  /// - Returns: `[tokens, outputs]` of the last layer, and each state after the last step of every sequence.
  public func callAsFunction(
    _ x: Tensor, sequences: [Range<Int>]? = nil, initial: [RecurrentState]? = nil, _ pass: inout ForwardPass
  ) -> (output: Tensor, final: [RecurrentState]) {
    precondition(initial == nil || initial?.count == weights.count, "a state for every layer and direction")
    var output = x
    var final: [RecurrentState] = []
    for layer in 0..<weights.count / directions {
      if layer > 0 { output = pass.dropout(output, dropout) }
      let results = (0..<directions).map { direction in
        let index = layer * directions + direction
        return output.recurrence(
          cell, weights[index], sequences: sequences ?? pass.sequences, initial: initial?[index],
          reversed: direction == 1)
      }
      output = .concatenated(results.map(\.output), axis: 1)
      final += results.map(\.final)
    }
    return (output, final)
  }

  /// One step of every sequence, for generation: row i of `x` belongs to row i of each state.
  /// - Parameter x: `[sequences, inputs]`. The network has one direction.
  /// - Returns: `[sequences, outputs]` and the states to go on from.
  public func step(
    _ x: Tensor, state: [RecurrentState]?, _ pass: inout ForwardPass
  ) -> (output: Tensor, state: [RecurrentState]) {
    precondition(directions == 1, "a bidirectional network needs whole sequences")
    let result = self(x, sequences: (0..<x.shape[0]).map { $0..<$0 + 1 }, initial: state, &pass)
    return (result.output, result.final)
  }
}
