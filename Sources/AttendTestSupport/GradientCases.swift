import AttendBase
import AttendTensor

/// Every differentiable operation, with shapes that broadcast, are odd, empty, of one element, or have no dimension.
package enum GradientCases {
  package static let all =
    elementwise + unary + views + reductions + rows + products + indexing + compositions + attention
    + recurrent + convolutions + ctc

  private static let pairs: [(Shape, Shape)] = [
    ([3, 5], [3, 5]), ([2, 3, 4], [4]), ([3, 1], [1, 4]), ([], [3]), ([1], [2, 1]), ([0, 3], [3]),
  ]

  private static func binary(
    _ name: String, in range: Range<Double> = -2..<2, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> [GradientCase] {
    pairs.map { first, second in
      GradientCase("\(name) \(first) \(second)", [first, second], in: range) { function($0[0], $0[1]) }
    }
  }

  static let elementwise: [GradientCase] =
    binary("add") { $0 + $1 }
    + binary("subtract") { $0 - $1 }
    + binary("multiply") { $0 * $1 }
    + binary("divide", in: 0.5..<2) { $0 / $1 }
    + binary("maximum") { $0.maximum($1) }
    + binary("minimum") { $0.minimum($1) }
    + binary("power", in: 0.5..<2) { $0.power($1) }
    + binary("gated") { x, y in
      let gate = x + y.detached() * 0
      let up = y + x.detached() * 0
      return gate.gated(.silu, with: up) + gate.gated(.geluTanh, with: up)
    }
    + [
      GradientCase("where", [[2, 3], [3]]) { inputs in
        let mask = Tensor([true, false, false, true, true, false], shape: [2, 3])
        return .where(mask, inputs[0], inputs[1])
      },
      GradientCase("scalars", [[3]], in: 0.5..<2) { inputs in
        let x = inputs[0]
        let sums = (x + 2) * (3 - x) - (x - 1) + (1 + x)
        return sums * 2 + 0.5 * x / 3 + 2 / x + x.power(1.5)
      },
    ]

  static let unary: [GradientCase] = {
    let anywhere: [(String, @Sendable (Tensor) -> Tensor)] = [
      ("negate", { -$0 }), ("abs", { $0.abs() }), ("exp", { $0.exp() }), ("squared", { $0.squared() }),
      ("sin", { $0.sin() }), ("cos", { $0.cos() }), ("tanh", { $0.tanh() }), ("sigmoid", { $0.sigmoid() }),
      ("erf", { $0.erf() }), ("relu", { $0.relu() }), ("silu", { $0.silu() }),
      ("gelu exact", { $0.gelu(.exact) }), ("gelu tanh", { $0.gelu(.tanh) }),
    ]
    let positive: [(String, @Sendable (Tensor) -> Tensor)] = [
      ("log", { $0.log() }), ("sqrt", { $0.sqrt() }), ("rsqrt", { $0.rsqrt() }), ("reciprocal", { $0.reciprocal() }),
    ]
    let shapes: [Shape] = [[5, 7], [], [1], [0]]
    return shapes.flatMap { shape in
      anywhere.map { name, function in GradientCase("\(name) \(shape)", [shape]) { function($0[0]) } }
        + positive.map { name, function in
          GradientCase("\(name) \(shape)", [shape], in: 0.5..<2) { function($0[0]) }
        }
    }
  }()

  static let views: [GradientCase] = [
    GradientCase("contiguous", [[3, 2]]) { $0[0].transposed(0, 1).contiguous() },
    GradientCase("reshaped", [[3, 4]]) { $0[0].transposed(0, 1).reshaped([2, 6]) },
    GradientCase("flattened", [[]]) { $0[0].flattened() },
    GradientCase("transposed", [[2, 3, 4]]) { $0[0].transposed(0, -1) },
    GradientCase("permuted", [[2, 3, 4]]) { $0[0].permuted([2, 0, 1]) },
    GradientCase("sliced", [[4, 5]]) { $0[0].sliced(axis: 1, 1..<4).sliced(axis: 0, 0..<1) },
    GradientCase("sliced to nothing", [[4, 5]]) { $0[0].sliced(axis: 1, 2..<2) },
    GradientCase("selected", [[4, 5]]) { $0[0].selected(axis: -1, 2) },
    GradientCase("expanded", [[3, 1]]) { $0[0].expanded(to: [2, 3, 4]) },
    GradientCase("squeezed", [[3, 1, 2]]) { $0[0].squeezed(1).unsqueezed(-1) },
    GradientCase("split", [[2, 5]]) { inputs in
      let parts = inputs[0].split([2, 3], axis: 1)
      return parts[1].sum(axes: [1]) * parts[0].sum(axes: [1])
    },
    GradientCase("concatenated", [[2, 3], [2, 1], [2, 0]]) { .concatenated($0, axis: 1) },
    GradientCase("concatenated rows", [[1, 3], [2, 3]]) { .concatenated($0, axis: 0) },
    // Rounding to float32 makes steps, so the difference is taken over a wide one; the cast is linear but for them.
    GradientCase("cast", [[3]], step: 0.25, tolerance: 1e-5) { inputs in
      let x = inputs[0]
      return x.cast(to: x.dtype == .float64 ? .float32 : .float64).cast(to: x.dtype)
    },
  ]

  static let reductions: [GradientCase] = [
    GradientCase("sum", [[3, 4]]) { $0[0].sum() },
    GradientCase("sum of rows", [[3, 4]]) { $0[0].sum(axes: [1]) },
    GradientCase("sum of columns", [[3, 4, 2]]) { $0[0].sum(axes: [0], keepingDimensions: true) },
    GradientCase("sum of outer and inner", [[3, 4, 2]]) { $0[0].sum(axes: [0, -1]) },
    GradientCase("sum of nothing", [[0, 4]]) { $0[0].sum(axes: [0]) },
    GradientCase("mean", [[3, 5]]) { $0[0].mean(axes: [0]) },
    GradientCase("variance", [[3, 5]]) { $0[0].variance(axes: [-1]) },
    GradientCase("max", [[3, 5]]) { $0[0].max(axes: [1]) },
    GradientCase("max of all", [[3, 5]]) { $0[0].max() },
    GradientCase("min", [[2, 3, 4]]) { $0[0].min(axes: [0, 2], keepingDimensions: true) },
  ]

  static let rows: [GradientCase] = {
    let targets = Tensor([2, 0, -100, 6, 1] as [Int64], shape: [5])
    let angles = Tensor.arange(8, .float64).reshaped([4, 2]) * 0.7
    let shapes: [Shape] = [[3, 7], [2, 3, 1], [5], [0, 4]]
    return shapes.flatMap { shape -> [GradientCase] in
      let width: Shape = [shape[shape.rank - 1]]
      return [
        GradientCase("softmax \(shape)", [shape]) { $0[0].softmax() },
        GradientCase("logSoftmax \(shape)", [shape]) { $0[0].logSoftmax() },
        GradientCase("logSumExp \(shape)", [shape]) { $0[0].logSumExp() },
        // With one column a row is all mean: its derivative is a rounding error over √ε.
        GradientCase("layerNorm \(shape)", [shape, width, width]) {
          $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 0.1)
        },
        GradientCase("layerNorm bare \(shape)", [shape]) { $0[0].layerNorm(epsilon: 0.1) },
        GradientCase("layerNorm weight \(shape)", [shape, width]) { $0[0].layerNorm(weight: $0[1], epsilon: 0.1) },
        GradientCase("layerNorm bias \(shape)", [shape, width]) { $0[0].layerNorm(bias: $0[1], epsilon: 0.1) },
        GradientCase("rmsNorm \(shape)", [shape, width]) { $0[0].rmsNorm(weight: $0[1], epsilon: 0.1, offset: 1) },
        GradientCase("rmsNorm bare \(shape)", [shape]) { $0[0].rmsNorm(epsilon: 0.1) },
        GradientCase("addRMSNorm \(shape)", [shape, shape, width]) {
          let (sum, normalized) = $0[0].addRMSNorm($0[1], weight: $0[2], epsilon: 0.1)
          return sum * 0.5 + normalized
        },
      ]
    } + [
      GradientCase("softmax of columns", [[3, 4]]) { $0[0].softmax(axis: 0) },
      GradientCase("logSumExp of columns", [[3, 4]]) { $0[0].logSumExp(axis: 0, keepingDimensions: true) },
      GradientCase("crossEntropy", [[5, 7]]) { $0[0].crossEntropy(targets: targets, ignoring: -100) },
      GradientCase("crossEntropy smoothed", [[5, 7]]) {
        $0[0].crossEntropy(targets: targets, ignoring: -100, labelSmoothing: 0.2)
      },
      GradientCase("binaryCrossEntropy", [[2, 3]]) {
        $0[0].binaryCrossEntropy(
          targets: Tensor([0, 1, 0.3, 0.5, 1, 0] as [Float], shape: [2, 3]).cast(to: $0[0].dtype))
      },
      GradientCase("meanSquaredError", [[2, 3], [2, 3]]) { $0[0].meanSquaredError($0[1]) },
      GradientCase("crossEntropy of int32", [[2, 3]]) { $0[0].crossEntropy(targets: Tensor([2, 1] as [Int32])) },
      GradientCase("dropout", [[3, 41]]) { $0[0].dropout(rate: 0.3, key: RandomKey(seed: 5, stream: 9)) },
      GradientCase("dropout of columns", [[2, 3]]) {
        $0[0].transposed(0, 1).dropout(rate: 0.5, key: RandomKey(seed: 1, stream: 0))
      },
      GradientCase("rotary halves", [[4, 3, 6]]) {
        $0[0].rotary(cosines: angles.cos(), sines: angles.sin(), interleaved: false)
      },
      GradientCase("rotary neighbours", [[4, 1, 4]]) {
        $0[0].rotary(cosines: angles.cos(), sines: angles.sin(), interleaved: true)
      },
    ]
  }()

  static let products: [GradientCase] = [
    GradientCase("matmul", [[3, 4], [4, 5]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul transposed", [[3, 4], [5, 4]]) { $0[0].matmul($0[1].transposed(0, 1)) },
    GradientCase("matmul of one", [[1, 1], [1, 1]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul of nothing", [[3, 0], [0, 2]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul batch", [[2, 3, 4], [2, 4, 5]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul one matrix", [[2, 3, 4], [4, 2]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul broadcast", [[2, 1, 3, 4], [3, 4, 2]]) { $0[0].matmul($0[1]) },
    GradientCase("matmul one matrix first", [[3, 4], [2, 4, 2]]) { $0[0].matmul($0[1]) },
  ]

  static let indexing: [GradientCase] = {
    let ids = Tensor([2, 0, 2, 1] as [Int32], shape: [2, 2])
    let places = Tensor([1, 1, 0, 2, 2, 0] as [Int64], shape: [3, 2])
    return [
      GradientCase("gather", [[3, 4]]) { $0[0].gather(rows: ids) },
      GradientCase("gather scalars", [[3]]) { $0[0].gather(rows: ids) },
      GradientCase("scatterAdd", [[3, 2], [2, 2, 2]]) { $0[0].scatterAdd(rows: ids, $0[1]) },
      GradientCase("takeAlong", [[3, 3]]) { $0[0].takeAlong(places, axis: 1) },
      GradientCase("takeAlong columns", [[3, 2]]) { $0[0].takeAlong(places, axis: 0) },
    ]
  }()

  /// What has no place on the tape of its own.
  static let compositions: [GradientCase] = [
    GradientCase("matrix", [[3, 4], [5, 4], [5], [3, 5]]) {
      Matrix($0[1]).multiply($0[0], bias: $0[2], activation: .geluTanh, residual: $0[3])
    },
    GradientCase("matrix without activation", [[2, 3, 4], [5, 4], [5], [2, 3, 5]]) {
      Matrix($0[1]).multiply($0[0], bias: $0[2], residual: $0[3])
    },
    GradientCase("matrix alone", [[0, 4], [5, 4]]) { Matrix($0[1]).multiply($0[0]) },
    GradientCase("matrix with a residual", [[2, 4], [1, 4], [2, 1]]) { Matrix($0[1]).multiply($0[0], residual: $0[2]) },
    GradientCase("gated matrix", [[3, 4], [2, 4], [2, 4], [4]]) {
      Matrix(gate: Matrix($0[1]), up: Matrix($0[2])).multiply($0[0], bias: $0[3], activation: .silu)
    },
    GradientCase("low-rank matrix", [[3, 4], [5, 4], [2, 4], [3, 2]]) { inputs in
      let factors = LowRankPart.Factors(down: inputs[2], up: inputs[3], scale: 0.5)
      let matrix = Matrix(
        base: Matrix(inputs[1]),
        adding: [LowRankPart(outputs: 2, factors: nil), LowRankPart(outputs: 3, factors: factors)])
      return matrix.multiply(inputs[0], activation: .tanh) + matrix.rows(Tensor([1, 4, 2] as [Int32])).sum()
    },
    GradientCase("checkpoint", [[3, 4], [4], [4]]) { inputs in
      // Two tensors go in, one is captured, and the first is used again behind the block.
      let captured = inputs[2]
      let block: @Sendable ([Tensor]) -> Tensor = { ($0[0] * $0[1]).tanh() * captured + $0[0] }
      let x = inputs[0].exp()
      return Tensor.checkpointed([x, inputs[1]], block, again: block) * x
    },
    GradientCase("embedding", [[5, 3]]) { Matrix($0[0]).rows(Tensor([4, 0, 4] as [Int32])) },
  ]
}
