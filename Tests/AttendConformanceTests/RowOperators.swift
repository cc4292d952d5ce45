import AttendBase
import AttendTensor

/// Norms, softmaxes, activations and losses.
enum RowOperators {
  static func run(_ test: OperatorCase) throws -> [Int: Tensor] {
    let x = try test.require(0)
    switch test.node.operatorType {
    case "Softmax": return [0: x.softmax(axis: test.integer("axis") ?? -1)]
    case "LogSoftmax": return [0: x.logSoftmax(axis: test.integer("axis") ?? -1)]
    case "Gelu": return [0: test.text("approximate") == "tanh" ? x.gelu(.tanh) : x.gelu(.exact)]
    case "LayerNormalization": return try layerNorm(test, x)
    case "RMSNormalization":
      let rows = Rows(x, axis: test.integer("axis") ?? -1)
      let weight = try test.require(1).flattened()
      return [0: rows.flat.rmsNorm(weight: weight, epsilon: test.float("epsilon") ?? 1e-5).reshaped(x.shape)]
    case "SoftmaxCrossEntropyLoss":
      // Rows of classes, and a target for each.
      let logits = x.movingLast(1)
      let flat = logits.reshaped([x.count / x.shape[1], x.shape[1]])
      let targets = test.integers(1) ?? []
      var results = [
        0: loss(test, targets) { chosen in
          flat.gather(rows: Tensor(chosen.map(Int64.init)))
            .crossEntropy(targets: Tensor(chosen.map { Int64(targets[$0]) }))
        }.reshaped(test.text("reduction") == "none" ? Shape(shape(x)) : [])
      ]
      results[1] = x.logSoftmax(axis: 1)
      return results
    case "NegativeLogLikelihoodLoss":
      let flat = x.movingLast(1).reshaped([x.count / x.shape[1], x.shape[1]])
      let targets = test.integers(1) ?? []
      return [
        0: loss(test, targets) { chosen in
          let ids = Tensor(chosen.map { Int64(targets[$0]) }, shape: [chosen.count, 1])
          return -flat.gather(rows: Tensor(chosen.map(Int64.init))).takeAlong(ids, axis: 1).mean()
        }.reshaped(test.text("reduction") == "none" ? Shape(shape(x)) : [])
      ]
    default: throw AttendError(.unsupported, "the operator \(test.node.operatorType)")
    }
  }

  /// The shape of one loss for each target.
  private static func shape(_ x: Tensor) -> [Int] { [x.shape[0]] + Array(x.shape).dropFirst(2) }

  /// Reduces losses as the operator asks, by means over the rows that count.
  private static func loss(_ test: OperatorCase, _ targets: [Int], mean: ([Int]) -> Tensor) -> Tensor {
    let ignored = test.integer("ignore_index")
    let counted = targets.indices.filter { targets[$0] != ignored }
    switch test.text("reduction") {
    case "none":
      let losses = targets.indices.map { targets[$0] == ignored ? 0 : mean([$0]).item() }
      return Tensor(losses.map { Float($0) })
    case "sum": return mean(counted) * Double(counted.count)
    default: return mean(counted)
    }
  }

  private static func layerNorm(_ test: OperatorCase, _ x: Tensor) throws -> [Int: Tensor] {
    let rows = Rows(x, axis: test.integer("axis") ?? -1)
    let epsilon = test.float("epsilon") ?? 1e-5
    let y = rows.flat.layerNorm(
      weight: try test.require(1).flattened(), bias: test.input(2)?.flattened(), epsilon: epsilon)
    let statistics = Shape(Array(x.shape).enumerated().map { $0.offset < rows.axis ? $0.element : 1 })
    let deviation = (rows.flat.variance(axes: [1]) + Double(epsilon)).sqrt()
    return [
      0: y.reshaped(x.shape), 1: rows.flat.mean(axes: [1]).reshaped(statistics),
      2: (Tensor.ones(deviation.shape) / deviation).reshaped(statistics),
    ]
  }

  /// ONNX normalizes over all axes from one on; Attend over the last, so those become one.
  private struct Rows {
    let axis: Int
    let flat: Tensor

    init(_ x: Tensor, axis: Int) {
      let axis = axis < 0 ? axis + x.rank : axis
      self.axis = axis
      let outer = Array(x.shape).prefix(axis).reduce(1, *)
      flat = x.reshaped([outer, x.count / outer])
    }
  }
}
