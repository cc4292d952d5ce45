/// The step of a recurrent network: from an input xₜ and the state before it to the state after it.
///
/// Below, a gate's a is W_input·x + b_input + W_hidden·h + b_hidden, its rows of the weights in the order named here,
/// which is PyTorch's.
public enum RecurrentCell: Sendable, Hashable {
  /// h' = tanh(a). Elman 1990.
  case tanh
  /// h' = max(a, 0). Le et al. 2015, arXiv:1504.00941.
  case relu
  /// Gates input i, forget f, candidate g, output o: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c'), with a projection
  /// h' = W_projection·(σ(o)·tanh(c')). Hochreiter and Schmidhuber 1997; Gers et al. 2000; Sak et al. 2014,
  /// arXiv:1402.1128.
  case lstm
  /// Gates reset r, update z, candidate n: h' = (1 − σ(z))·ñ + σ(z)·h. Cho et al. 2014, arXiv:1406.1078.
  case gru(GRUReset)

  /// Where a GRU's reset gate applies.
  public enum GRUReset: Sendable, Hashable {
    /// ñ = tanh(W_input·x + b_input + r·(W_hidden·h + b_hidden)): PyTorch's form, `linear_before_reset = 1` in ONNX.
    case afterProduct
    /// ñ = tanh(W_input·x + b_input + W_hidden·(r·h) + b_hidden): the paper's form.
    case beforeProduct
  }

  /// Blocks of rows in the weights.
  public var gates: Int {
    switch self {
    case .tanh, .relu: 1
    case .lstm: 4
    case .gru: 3
    }
  }

  /// Whether the state has a cell besides the hidden vector.
  public var hasCellState: Bool { self == .lstm }

  var operation: Operation {
    switch self {
    case .tanh, .relu: .rnn
    case .lstm: .lstm
    case .gru: .gru
    }
  }
}

/// The weights of one recurrent layer in one direction, in PyTorch's layout.
public struct RecurrentWeights: Sendable {
  /// `[gates · hidden, inputs]`.
  public let input: Tensor
  /// `[gates · hidden, outputs]`; outputs is `hidden` without a projection.
  public let hidden: Tensor
  /// `[gates · hidden]`; both or neither.
  public let inputBias: Tensor?
  public let hiddenBias: Tensor?
  /// `[outputs, hidden]`, for an LSTM.
  public let projection: Tensor?
  /// The kernels' forms of these weights, made when first needed and kept for all steps and calls.
  let packed: PackedRecurrence

  public init(
    input: Tensor, hidden: Tensor, inputBias: Tensor? = nil, hiddenBias: Tensor? = nil, projection: Tensor? = nil
  ) {
    packed = PackedRecurrence()
    self.input = input
    self.hidden = hidden
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
    self.projection = projection
  }

  /// The same values cut off from the tape; the packed forms are shared.
  init(detaching other: RecurrentWeights) {
    packed = other.packed
    input = other.input.detached()
    hidden = other.hidden.detached()
    inputBias = other.inputBias?.detached()
    hiddenBias = other.hiddenBias?.detached()
    projection = other.projection?.detached()
  }
}

/// What a recurrent layer in one direction remembers of each sequence.
public struct RecurrentState: Sendable {
  /// `[sequences, outputs]`.
  public var hidden: Tensor
  /// `[sequences, hidden]`, of an LSTM.
  public var cell: Tensor?

  public init(hidden: Tensor, cell: Tensor? = nil) {
    self.hidden = hidden
    self.cell = cell
  }
}
