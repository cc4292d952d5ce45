import AttendTensor

/// The trainable tensors of a model by full name, a value: a snapshot, an average or a worker's copy is an assignment.
public struct Parameters: Sendable {
  /// Names in the order in which the model asked for them.
  public private(set) var names: [String] = []
  private var tensors: [String: Tensor] = [:]

  public init() {}

  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set {
      if newValue != nil, tensors[name] == nil { names.append(name) }
      if newValue == nil { names.removeAll { $0 == name } }
      tensors[name] = newValue
    }
  }

  /// The same names around tensors that record: what a model is built from to be differentiated.
  public func leaves() -> Parameters {
    var result = self
    for name in names { result.tensors[name] = tensors[name]?.leaf() }
    return result
  }

  /// The tensors in the order of `names`.
  public var values: [Tensor] { names.compactMap { tensors[$0] } }
}
