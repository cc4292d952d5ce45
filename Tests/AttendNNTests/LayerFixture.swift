import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// One case of `Fixtures/learning`: a layer's parameters and inputs, its output, and the gradients of both for a given
/// upstream gradient, as PyTorch computes them.
struct LayerFixture {
  private let tensors: [String: Tensor]
  private let parameterNames: [String]

  init(_ file: String, _ name: String) throws {
    let fixture = try FixtureTensors("learning/\(file).safetensors")
    let names = fixture.names(under: name)
    tensors = Dictionary(uniqueKeysWithValues: try names.map { ($0, try fixture.tensor("\(name).\($0)")) })
    parameterNames = names.filter { $0.hasPrefix("parameter.") }.map { String($0.dropFirst(10)) }.sorted()
  }

  subscript(name: String) -> Tensor {
    tensors[name] ?? .zeros([0])
  }

  /// Compares what `layer` makes of the inputs, and the gradients of every parameter and input.
  /// - Parameter rename: the name that a parameter of PyTorch has here.
  func check(
    inputs: [String], output: String = "output", outputTolerance: Double = 1e-5, gradientTolerance: Double = 1e-4,
    rename: (String) -> String = { $0 }, _ layer: (WeightScope, [Tensor]) -> Tensor
  ) throws {
    var parameters = Parameters()
    for name in parameterNames { parameters[rename(name)] = self["parameter.\(name)"] }
    let leaves = parameters.leaves()
    let inputLeaves = inputs.map { self[$0].leaf() }
    let result = try WeightScope.build(around: leaves) { layer($0, inputLeaves) }
    #expect(largestDifference(result, self[output]) <= outputTolerance)
    let loss = (result * self["upstream"]).sum()
    let gradients = Tensor.gradients(of: loss, with: leaves.values + inputLeaves)
    let expected = parameterNames.map { "gradient.\($0)" } + inputs.map { "grad.\($0)" }
    for (gradient, name) in zip(gradients, expected) {
      let difference = largestDifference(gradient, self[name])
      #expect(difference <= gradientTolerance, "\(name): \(difference)")
    }
  }
}

/// A layer whose derivatives, by its inputs and its parameters, are compared with central differences in float64.
struct LayerCase<Layer> {
  private let gradientCase: GradientCase

  init(
    _ name: String, inputs: [Shape], range: Range<Double> = -1..<1,
    _ build: @escaping @Sendable (WeightScope) -> Layer,
    function: @escaping @Sendable (Layer, [Tensor]) -> Tensor
  ) {
    let fresh = WeightScope.fresh(seed: 1, build).parameters
    let names = fresh.names
    gradientCase = GradientCase(name, inputs + fresh.values.map(\.shape), in: range, tolerance: 1e-6) { tensors in
      var parameters = Parameters()
      for (name, tensor) in zip(names, tensors.dropFirst(inputs.count)) { parameters[name] = tensor }
      guard let layer = try? WeightScope.build(around: parameters, build) else { return .zeros([]) }
      return function(layer, Array(tensors.prefix(inputs.count)))
    }
  }

  func problems(seed: UInt64) -> [String] { gradientCase.problems(seed: seed) }
}
