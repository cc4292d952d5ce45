import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Convolutions and batch norms against PyTorch.
@Suite struct ConvolutionGoldenTests {
  private let file: FixtureTensors
  private let norms: FixtureTensors

  init() throws {
    file = try FixtureTensors("layers/convolution.safetensors")
    norms = try FixtureTensors("layers/batchnorm.safetensors")
  }

  /// Builds a layer around the case's parameters and compares its output and all gradients.
  private func check(
    _ file: FixtureTensors, _ name: String, _ parameters: Parameters, _ layer: (WeightScope, Tensor) -> Tensor
  ) throws {
    func tensor(_ part: String) throws -> Tensor { try file.tensor("\(name).\(part)") }
    let leaves = parameters.leaves()
    let x = try tensor("x").leaf()
    let output = try WeightScope.build(around: leaves) { layer($0, x) }
    #expect(largestDifference(output, try tensor("output")) <= 1e-5)
    let trained = ["weight", "bias"].filter { leaves[$0] != nil }
    let gradients = Tensor.gradients(
      of: (output * (try tensor("upstream"))).sum(), with: [x] + trained.compactMap { leaves[$0] })
    for (gradient, part) in zip(gradients, ["x"] + trained) {
      #expect(largestDifference(gradient, try tensor("grad.\(part)")) <= 1e-4, "\(part)")
    }
  }

  @Test(arguments: [
    "conv1d", "conv1d_strided", "conv1d_dilated", "conv1d_grouped", "conv1d_depthwise", "conv1d_pointwise",
  ])
  func oneAxis(_ name: String) throws {
    let (settings, parameters, weight) = try convolution(name)
    try check(file, name, parameters) { scope, x in
      Convolution1D(
        scope, from: x.shape[1], to: weight[0], kernel: weight[2], stride: settings[0], padding: settings[1],
        dilation: settings[2], groups: settings[3], hasBias: parameters["bias"] != nil)(x)
    }
  }

  @Test(arguments: ["conv2d", "conv2d_strided", "conv2d_dilated", "conv2d_patches"])
  func twoAxes(_ name: String) throws {
    let (settings, parameters, weight) = try convolution(name)
    try check(file, name, parameters) { scope, x in
      Convolution2D(
        scope, from: x.shape[1], to: weight[0], kernel: (weight[2], weight[3]), stride: (settings[0], settings[1]),
        padding: (settings[2], settings[3]), dilation: (settings[4], settings[5]), groups: settings[6],
        hasBias: parameters["bias"] != nil)(x)
    }
  }

  private func convolution(_ name: String) throws -> (settings: [Int], parameters: Parameters, weight: Shape) {
    var parameters = Parameters()
    let weight = try file.tensor("\(name).weight")
    parameters["weight"] = weight
    if file.contains("\(name).bias") { parameters["bias"] = try file.tensor("\(name).bias") }
    return (try file.integers("\(name).settings"), parameters, weight.shape)
  }

  @Test(arguments: ["rows", "1d", "2d"])
  func batchNorm(_ name: String) throws {
    var parameters = Parameters()
    let channels = try norms.tensor("\(name).train0.weight").shape[0]
    parameters["running_mean"] = .zeros([channels])
    parameters["running_var"] = .ones([channels])
    parameters["num_batches_tracked"] = .zeros([])
    for step in ["train0", "train1", "eval"] {
      let example = "\(name).\(step)"
      for part in ["weight", "bias"] { parameters[part] = try norms.tensor("\(example).\(part)") }
      var pass = ForwardPass(lengths: [])
      if step != "eval" { pass.training = Training(seed: 1, step: 0) }
      try check(norms, example, parameters) { scope, x in
        BatchNorm(scope, channels: channels, momentum: 0.3)(x, &pass)
      }
      #expect(pass.statistics.names.count == (step == "eval" ? 0 : 3))
      for part in pass.statistics.names {
        let next = try #require(pass.statistics[part])
        #expect(largestDifference(next, try norms.tensor("\(example).\(part)")) <= 1e-5, "\(part)")
        parameters[part] = next
      }
    }
  }

  @Test func freshBatchNormKeepsItsStatisticsApart() throws {
    let (_, parameters) = WeightScope.fresh(seed: 1) { BatchNorm($0["norm"], channels: 3) }
    #expect(parameters.trainableNames == ["norm.weight", "norm.bias"])
    #expect(parameters["norm.running_var"]?.scalars(Float.self) == [1, 1, 1])
    #expect(parameters["norm.num_batches_tracked"]?.item() == 0)
  }
}
