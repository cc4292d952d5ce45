import AttendBase
import AttendTensor

extension Learner {
  /// Adapts a model whose parameters stay as they are: only low-rank additions are learned, and they alone are this
  /// learner's `parameters`.
  /// - Throws: `parameter-mismatch` when the parameters do not fit the model; `invalid-input` when no layer matches.
  public init(
    adapting base: Parameters, with lowRank: LowRank, seed: UInt64, precision: Precision = .exact,
    _ build: @escaping @Sendable (WeightScope) -> Model
  ) throws {
    try self.init(.parameters(base), lowRank, seed, precision, build)
  }

  /// Adapts a stored model, quantized or not, which is packed once and stays.
  /// - Parameter ignoring: stored names that are known to be of no use.
  /// - Throws: as the other, and what the source throws.
  public init(
    adapting source: any WeightSource, with lowRank: LowRank, seed: UInt64, precision: Precision,
    ignoring: Set<String> = [], _ build: @escaping @Sendable (WeightScope) -> Model
  ) throws {
    var kept =
      try WeightScope.building(
        .stored(source), precision: precision, adaptation: Adaptation(lowRank, drawing: seed), keeps: true,
        names: source.names, origin: source.origin, ignoring: ignoring, build
      ).builder.kept ?? KeptWeights()
    kept.names = Set(source.names)
    try self.init(.kept(kept, source), lowRank, seed, precision, build)
  }

  private init(
    _ base: LowRankBase, _ lowRank: LowRank, _ seed: UInt64, _ precision: Precision,
    _ build: @escaping @Sendable (WeightScope) -> Model
  ) throws {
    let builder = try base.build(precision, Adaptation(lowRank, drawing: seed), build).builder
    guard let adaptation = builder.adaptation, !adaptation.adapted.isEmpty else {
      throw AttendError(
        .invalidInput, "no layer matches \(lowRank.targets.joined(separator: ", "))",
        hint: "patterns name layers, such as q_proj or model.layers.*.mlp.*")
    }
    self.init(
      parameters: adaptation.parameters, precision: precision,
      adaptation: LearnedAdaptation(lowRank: lowRank, base: base, adapted: adaptation.adapted), build)
  }

  /// The base weights with what was learned added to them: parameters of the plain model.
  /// - Throws: what a stored base throws when it is read.
  public func merged() throws -> Parameters {
    guard let adaptation else { return parameters }
    return adaptation.add(parameters, times: 1, to: try adaptation.base.parameters())
  }

  /// Takes what was learned out of merged parameters again: the base, to float32 rounding.
  public func unmerged(_ merged: Parameters) -> Parameters {
    adaptation?.add(parameters, times: -1, to: merged) ?? merged
  }
}

/// What stays while additions to it are learned.
enum LowRankBase: Sendable {
  case parameters(Parameters)
  case kept(KeptWeights, any WeightSource)

  func build<Model>(
    _ precision: Precision, _ adaptation: Adaptation, _ body: (WeightScope) -> Model
  ) throws -> (model: Model, builder: WeightBuilder) {
    let factors = adaptation.parameters.names
    switch self {
    case .parameters(let base):
      return try WeightScope.building(
        .given(base), precision: precision, adaptation: adaptation, names: base.names + factors,
        origin: "the given parameters", body)
    case .kept(let kept, _):
      // The base was checked when it was packed.
      return try WeightScope.building(
        .kept(kept), precision: precision, adaptation: adaptation, names: factors, origin: "the given factors", body)
    }
  }

  /// The weights as float32 tensors.
  func parameters() throws -> Parameters {
    switch self {
    case .parameters(let base): return base
    case .kept(_, let source):
      var parameters = Parameters()
      for name in source.names { parameters[name] = try source.weight(name)?.tensor }
      return parameters
    }
  }
}

/// Which weights a learner adapts.
struct LearnedAdaptation: Sendable {
  let lowRank: LowRank
  let base: LowRankBase
  let adapted: [(name: String, layout: WeightScope.MatrixLayout)]

  /// `weights` with sign · scale · B·A added to every adapted one.
  func add(_ factors: Parameters, times sign: Float, to weights: Parameters) -> Parameters {
    var result = weights
    var source = Adaptation(lowRank, factors)
    for (name, layout) in adapted {
      guard let weight = weights[name] else { continue }
      let (outputs, inputs) =
        layout == .outputsByInputs ? (weight.shape[0], weight.shape[1]) : (weight.shape[1], weight.shape[0])
      guard let delta = source.factors(name, outputs: outputs, inputs: inputs, layout)?.factors?.product else {
        continue
      }
      result[name] = weight + (layout == .outputsByInputs ? delta : delta.transposed(0, 1)) * sign
    }
    return result
  }
}
