import AttendNN
import AttendTensor

/// The layers whose costs are compared, all causal and from width to width.
package enum CostModel: String, Sendable, CaseIterable {
  /// Attention from matrix products and a softmax: the scores of all pairs are there at once.
  case naive = "attention, naive"
  /// Attention that meets the keys block by block. Dao et al. 2022, arXiv:2205.14135; Rabe & Staats 2021, arXiv:2112.05682.
  case fused = "attention, fused"
  case lstm = "LSTM"
  case gru = "GRU"

  /// What goes on from token to token.
  package var hasCache: Bool { self == .fused }
}

/// One layer of a ``CostModel``.
package struct CostLayer: Sendable {
  package static let width = 128
  package static let heads = 4
  package static let cacheShape = KeyValueShape(
    layers: 1, heads: heads, keyWidth: width / heads, valueWidth: width / heads)

  private enum Body: Sendable {
    case naive(projection: Linear, output: Linear)
    case fused(GroupedQueryAttention)
    case recurrent(RecurrentNetwork)
  }

  private let body: Body

  package init(_ scope: WeightScope, _ model: CostModel) {
    let width = Self.width
    switch model {
    case .naive:
      body = .naive(
        projection: Linear(["q_proj", "k_proj", "v_proj"].map { (scope[$0], width) }, from: width, bias: false),
        output: Linear(scope["o_proj"], from: width, to: width, bias: false))
    case .fused:
      body = .fused(
        GroupedQueryAttention(
          scope, width: width, heads: Self.heads, keyValueHeads: Self.heads, headWidth: width / Self.heads, rotary: nil)
      )
    case .lstm: body = .recurrent(RecurrentNetwork(scope, cell: .lstm, inputs: width, hidden: width))
    case .gru: body = .recurrent(RecurrentNetwork(scope, cell: .gru(.afterProduct), inputs: width, hidden: width))
    }
  }

  /// The layer over one whole sequence.
  /// - Parameters:
  ///   - x: `[length, width]`.
  ///   - mask: 0 where a position may see another, −∞ elsewhere, `[length, length]`: of the naive layer.
  package func callAsFunction(_ x: Tensor, mask: Tensor? = nil, _ pass: inout ForwardPass) -> Tensor {
    switch body {
    case .naive(let projection, let output): return output(naive(projection(x), mask: mask))
    case .fused(let attention): return attention(x, layer: 0, &pass)
    case .recurrent(let network): return network(x, &pass).output
    }
  }

  /// One token of a recurrent layer.
  /// - Parameter x: `[1, width]`.
  package func step(_ x: Tensor, _ state: [RecurrentState]?) -> (output: Tensor, state: [RecurrentState]) {
    guard case .recurrent(let network) = body else { shapeMismatch("a recurrent step of attention", x.shape) }
    var pass = ForwardPass(lengths: [1])
    return network.step(x, state: state, &pass)
  }

  /// softmax(Q Kᵀ / √d + mask) V, every matrix written down.
  private func naive(_ projected: Tensor, mask: Tensor?) -> Tensor {
    let (length, headWidth) = (projected.shape[0], Self.width / Self.heads)
    let parts = projected.reshaped([length, 3, Self.heads, headWidth]).permuted([1, 2, 0, 3])
    let (query, key, value) = (
      parts.selected(axis: 0, 0), parts.selected(axis: 0, 1), parts.selected(axis: 0, 2)
    )
    var scores = query.matmul(key.transposed(1, 2)) * (1 / Float(headWidth).squareRoot())
    if let mask { scores = scores + mask }
    let mixed = scores.softmax().matmul(value)
    return mixed.transposed(0, 1).reshaped([length, Self.width])
  }

  package static func mask(_ length: Int) -> Tensor {
    var mask = [Float](repeating: 0, count: length * length)
    for row in 0..<length {
      for column in row + 1..<max(length, row + 1) { mask[row * length + column] = -.infinity }
    }
    return Tensor(mask, shape: [length, length])
  }
}
