import AttendTensor

/// The tensors of a model by full name, a value: a snapshot, an average or a worker's copy is an assignment.
public struct Parameters: Sendable {
  /// Names in the order in which the model asked for them.
  public private(set) var names: [String] = []
  /// Names that no gradient reaches: running statistics, and what ``freeze(where:)`` named.
  public private(set) var frozen: Set<String> = []
  private var places: [String: Int] = [:]
  private var tensors: [Tensor] = []

  public init() {}

  public subscript(name: String) -> Tensor? {
    get { places[name].map { tensors[$0] } }
    set {
      switch (places[name], newValue) {
      case (let place?, let tensor?): tensors[place] = tensor
      case (nil, let tensor?):
        places[name] = tensors.count
        names.append(name)
        tensors.append(tensor)
      case (let place?, nil):
        names.remove(at: place)
        tensors.remove(at: place)
        places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        frozen.remove(name)
      case (nil, nil): break
      }
    }
  }

  /// The tensors in the order of `names`.
  public var values: [Tensor] { tensors }

  /// Number of elements of all tensors.
  public var elementCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// Changes one tensor where it lies: storage that nobody else holds is written without a copy.
  package mutating func update(_ name: String, _ body: (inout Tensor) -> Void) {
    if let place = places[name] { body(&tensors[place]) }
  }

  // MARK: What is trained

  /// Names that gradients reach, in order.
  public var trainableNames: [String] { frozen.isEmpty ? names : names.filter { !frozen.contains($0) } }

  /// Keeps the matching parameters as they are from now on.
  public mutating func freeze(where matches: (String) -> Bool) { frozen.formUnion(names.filter(matches)) }

  /// Trains the matching parameters again. Do not match running statistics.
  public mutating func unfreeze(where matches: (String) -> Bool) { frozen = frozen.filter { !matches($0) } }

  /// The same names around tensors that record (frozen ones do not): what a model is built from to be differentiated.
  public func leaves() -> Parameters {
    var result = self
    for (place, name) in names.enumerated() where !frozen.contains(name) {
      result.tensors[place] = tensors[place].leaf()
    }
    return result
  }

  // MARK: Arithmetic

  /// Adds `factor` times the tensors of the same names, in place; names that are new here are taken over.
  public mutating func add(_ other: Parameters, times factor: Float = 1) {
    for (name, tensor) in zip(other.names, other.tensors) {
      if let place = places[name] {
        tensors[place].add(tensor, times: factor)
      } else {
        self[name] = factor == 1 ? tensor : tensor * factor
      }
    }
  }

  /// Multiplies every tensor by `factor`, in place.
  public mutating func scale(by factor: Float) {
    for place in tensors.indices { tensors[place].scale(by: factor) }
  }

  /// The Euclidean norm of all elements together.
  public var norm: Double { tensors.reduce(0) { $0 + $1.sumOfSquares() }.squareRoot() }

  /// Scales all tensors so that their common norm is at most `limit`. Pascanu et al. 2013, arXiv:1211.5063.
  /// - Returns: the norm before; not finite when a gradient is not, and nothing is scaled then.
  @discardableResult
  public mutating func clip(norm limit: Double) -> Double {
    let norm = norm
    // The small number is PyTorch's.
    let factor = limit / (norm + 1e-6)
    if norm.isFinite, factor < 1 { scale(by: Float(factor)) }
    return norm
  }
}
