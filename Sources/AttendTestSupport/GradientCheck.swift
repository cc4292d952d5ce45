import AttendBase
import AttendTensor

/// One differentiable function to be checked: its inputs are drawn at random, in float64.
package struct GradientCase: Sendable, CustomStringConvertible {
  package let name: String
  package let shapes: [Shape]
  /// Where the elements of all inputs are drawn from.
  package let range: Range<Double>
  /// Half the width of the central difference, and the error allowed in it.
  package let step: Double
  package let tolerance: Double
  package let function: @Sendable ([Tensor]) -> Tensor

  package var description: String { name }

  package init(
    _ name: String, _ shapes: [Shape], in range: Range<Double> = -2..<2, step: Double = 1e-5,
    tolerance: Double = 1e-7, _ function: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.shapes = shapes
    self.range = range
    self.step = step
    self.tolerance = tolerance
    self.function = function
  }
}

extension GradientCase {
  /// What is wrong with the derivatives of this case; empty when nothing is.
  ///
  /// The function's output is weighted with random numbers and summed, so that every element of its Jacobian counts.
  /// That number is differentiated on the tape and by central differences, (f(x + h) − f(x − h))/2h with h = `step`,
  /// both in float64. Then each input records alone, which must give the same gradient, and everything is done again in
  /// float32.
  package func problems(seed: UInt64) -> [String] {
    var random = SeededRandom(seed: seed)
    let inputs = shapes.map { Tensor.uniform($0, in: range, .float64, using: &random) }
    let weights = Tensor.uniform(function(inputs).shape, in: -1..<1, .float64, using: &random)
    let tape = gradients(inputs, weights, recording: Array(inputs.indices))
    var problems: [String] = []
    for (index, input) in inputs.enumerated() {
      let numeric = centralDifferences(inputs, index, weights)
      if tape[index].shape != input.shape { problems.append("input \(index): shape \(tape[index].shape)") }
      compare("input \(index)", tape[index], numeric, tolerance, &problems)
      let alone = gradients(inputs, weights, recording: [index])
      compare("input \(index) alone", alone[0], tape[index].scalars(), 1e-12, &problems)
    }
    let singles = inputs.map { $0.cast(to: .float32) }
    let single = gradients(singles, weights.cast(to: .float32), recording: Array(inputs.indices))
    for index in inputs.indices {
      if single[index].dtype != .float32 { problems.append("input \(index): dtype \(single[index].dtype)") }
      compare("input \(index), float32", single[index].cast(to: .float64), tape[index].scalars(), 1e-4, &problems)
    }
    return problems
  }

  /// The operations on the tape of this case.
  package func operations(seed: UInt64) -> Set<Operation> {
    var random = SeededRandom(seed: seed)
    let leaves = shapes.map { Tensor.uniform($0, in: range, .float64, using: &random).leaf() }
    return function(leaves).recordedOperations
  }

  private func gradients(_ inputs: [Tensor], _ weights: Tensor, recording: [Int]) -> [Tensor] {
    var inputs = inputs
    for index in recording { inputs[index] = inputs[index].leaf() }
    let loss = (function(inputs) * weights).sum()
    return Tensor.gradients(of: loss, with: recording.map { inputs[$0] })
  }

  private func centralDifferences(_ inputs: [Tensor], _ index: Int, _ weights: Tensor) -> [Double] {
    var values: [Double] = inputs[index].scalars()
    func loss() -> Double {
      var inputs = inputs
      inputs[index] = Tensor(values, shape: inputs[index].shape)
      return (function(inputs) * weights).sum().item()
    }
    return values.indices.map { position in
      let value = values[position]
      defer { values[position] = value }
      values[position] = value + step
      let above = loss()
      values[position] = value - step
      return (above - loss()) / (2 * step)
    }
  }

  private func compare(
    _ what: String, _ found: Tensor, _ expected: [Double], _ tolerance: Double, _ problems: inout [String]
  ) {
    for (position, (found, expected)) in zip(found.scalars(Double.self), expected).enumerated() {
      // A NaN fails the comparison too.
      if !(abs(found - expected) <= tolerance * (1 + abs(expected))) {
        problems.append("\(what), element \(position): \(found) on the tape, \(expected) expected")
        return
      }
    }
  }
}
