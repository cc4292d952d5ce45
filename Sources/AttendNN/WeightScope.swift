import AttendBase
import AttendTensor

/// Hands a layer its parameters by name. A model is a function of its parameters: layers are plain structs built from a
/// scope, and the scope decides whether a parameter is stored, freshly drawn, or a leaf of differentiation.
///
/// Problems are collected, not thrown, so that layer initialisers need no `try`; `build` throws once with all of them.
public struct WeightScope {
  /// How a two-dimensional weight is written down in checkpoints.
  public enum MatrixLayout: Sendable {
    /// `[outputs, inputs]`, as PyTorch's `Linear` has it.
    case outputsByInputs
    /// `[inputs, outputs]`, as GPT-2's `Conv1D` has it.
    case inputsByOutputs
  }

  private let builder: WeightBuilder
  /// Full name so far, without a trailing dot.
  public let name: String

  init(_ builder: WeightBuilder, name: String) {
    self.builder = builder
    self.name = name
  }

  public subscript(_ component: String) -> WeightScope {
    WeightScope(builder, name: name.isEmpty ? component : "\(name).\(component)")
  }

  public subscript(_ index: Int) -> WeightScope { self[String(index)] }

  /// Whether weights are kept exactly or in the fast forms.
  public var precision: Precision { builder.precision }

  /// The parameter of this name and shape as float32.
  public func tensor(_ component: String, shape: [Int], initializer: Initializer = .zeros) -> Tensor {
    builder.tensor(self[component].name, shape: shape, initializer: initializer)
  }

  /// A tensor that is kept with the parameters but not trained, such as the running mean of a batch norm: no gradient
  /// reaches it. Layers put its next value into the pass's `statistics`.
  public func statistic(_ component: String, shape: [Int], initializer: Initializer = .zeros) -> Tensor {
    builder.statistic(self[component].name, shape: shape, initializer: initializer)
  }

  /// The parameter of this name when there is one; a fresh scope has none.
  public func optionalTensor(_ component: String, shape: [Int]) -> Tensor? {
    builder.optionalTensor(self[component].name, shape: shape)
  }

  /// Whether the source has a parameter of this name.
  public func contains(_ component: String) -> Bool { builder.contains(self[component].name) }

  /// The matrix under this scope's own name and `weight`.
  public func matrix(
    outputs: Int, inputs: Int, layout: MatrixLayout = .outputsByInputs,
    initializer: Initializer = .xavierUniform
  ) -> Matrix {
    WeightScope.matrix([(self, outputs)], inputs: inputs, layout: layout, initializer: initializer)
  }

  /// Several matrices of one input as one: their outputs lie one after the other, and one product serves all of them.
  public static func matrix(
    _ parts: [(scope: WeightScope, outputs: Int)], inputs: Int,
    layout: MatrixLayout = .outputsByInputs,
    initializer: Initializer = .xavierUniform
  ) -> Matrix {
    parts[0].scope.builder.matrix(
      parts.map { ($0.scope["weight"].name, $0.outputs) }, inputs: inputs, layout: layout,
      initializer: initializer)
  }

  /// A gate and an up matrix whose product is activation(gate) · up.
  public static func gatedMatrix(
    gate: WeightScope, up: WeightScope, outputs: Int, inputs: Int,
    initializer: Initializer = .xavierUniform
  ) -> Matrix {
    gate.builder.gatedMatrix(
      gate["weight"].name, up["weight"].name, outputs: outputs, inputs: inputs,
      initializer: initializer)
  }

  /// The same of one stored matrix under this scope's own name and `weight`: the gate's rows, then as many of up.
  public func gatedMatrix(outputs: Int, inputs: Int, initializer: Initializer = .xavierUniform) -> Matrix {
    builder.gatedMatrix(self["weight"].name, outputs: outputs, inputs: inputs, initializer: initializer)
  }

  // MARK: Building

  /// Builds a model around a checkpoint's parameters, packed for this machine.
  /// - Parameter ignoring: stored names that are known to be of no use when no layer asks for them.
  /// - Throws: `parameter-mismatch` with every missing, mis-shaped and unexpected name; what the source throws.
  public static func build<Model>(
    from source: any WeightSource, precision: Precision,
    ignoring: Set<String> = [],
    _ body: (WeightScope) -> Model
  ) throws -> Model {
    try building(
      .stored(source), precision: precision, names: source.names, origin: source.origin, ignoring: ignoring, body
    ).model
  }

  /// Builds a model around a checkpoint's parameters and low-rank additions to them.
  /// - Parameter adding: by the full name of the weight.
  /// - Throws: as ``build(from:precision:ignoring:_:)``; `parameter-mismatch` for an addition to a weight that no product
  ///   uses.
  package static func build<Model>(
    from source: any WeightSource, precision: Precision, ignoring: Set<String> = [],
    adding additions: [String: LowRankPart.Factors], _ body: (WeightScope) -> Model
  ) throws -> Model {
    let (model, builder) = try building(
      .stored(source), precision: precision, adaptation: Adaptation(stored: additions), names: source.names,
      origin: source.origin, ignoring: ignoring, body)
    if let unmet = builder.adaptation?.unmet, !unmet.isEmpty {
      throw AttendError(
        .parameterMismatch,
        "nothing multiplies with \(unmet.prefix(5).joined(separator: ", ")), which an adapter adds to",
        hint: "the adapter was made for another model")
    }
    return model
  }

  /// Draws fresh parameters for a model from a seed.
  public static func fresh<Model>(seed: UInt64, _ body: (WeightScope) -> Model) -> (
    model: Model, parameters: Parameters
  ) {
    let builder = WeightBuilder(.fresh(seed: seed), precision: .exact)
    let model = body(WeightScope(builder, name: ""))
    return (model, builder.parameters)
  }

  /// Builds a model around given tensors, leaves of differentiation or not.
  /// - Throws: `parameter-mismatch` with every missing, mis-shaped and unexpected name.
  public static func build<Model>(
    around parameters: Parameters, precision: Precision = .exact, _ body: (WeightScope) -> Model
  ) throws -> Model {
    try building(around: parameters, precision: precision, body).model
  }

  /// The names that a model keeps as statistics.
  /// - Throws: as ``build(around:precision:_:)``.
  static func statistics<Model>(around parameters: Parameters, _ body: (WeightScope) -> Model) throws -> Set<String> {
    try building(around: parameters, precision: .exact, body).builder.statistics
  }

  private static func building<Model>(
    around parameters: Parameters, precision: Precision, _ body: (WeightScope) -> Model
  ) throws -> (model: Model, builder: WeightBuilder) {
    try building(
      .given(parameters), precision: precision, names: parameters.names, origin: "the given parameters", body)
  }

  /// - Parameter names: those that should be asked for.
  static func building<Model>(
    _ source: WeightBuilder.Source, precision: Precision, adaptation: Adaptation? = nil, keeps: Bool = false,
    names: [String], origin: String, ignoring: Set<String> = [], _ body: (WeightScope) -> Model
  ) throws -> (model: Model, builder: WeightBuilder) {
    let builder = WeightBuilder(source, precision: precision, adaptation: adaptation, keeps: keeps)
    let model = body(WeightScope(builder, name: ""))
    try builder.finish(names: names, origin: origin, ignoring: ignoring)
    return (model, builder)
  }
}
