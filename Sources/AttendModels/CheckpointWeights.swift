import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// The tensors of a checkpoint under their Hugging Face names, whatever the file calls them.
struct CheckpointWeights: WeightSource {
  private struct Place {
    let tensor: String
    let layout: GGUFMap.Layout
    /// Which one of a stack it is.
    var index: Int?
  }

  /// Parameters that may come out of stacks, which a few bytes of a hostile file could ask for.
  private static let mostStacked = 1 << 19

  let names: [String]
  let origin: String
  private let tensors: TensorDirectory
  private let places: [String: Place]
  /// Heads of the query and of the key projection, for rows that GGUF reorders.
  private let heads: (query: Int, key: Int)

  /// - Parameters:
  ///   - gguf: how names map, for a GGUF file.
  ///   - basePrefix: what names lack in a checkpoint of the base model alone.
  init(
    _ tensors: TensorDirectory, origin: String, gguf: GGUFMap?, basePrefix: String,
    heads: (query: Int, key: Int)
  ) {
    var names: [String] = []
    var places: [String: Place] = [:]
    let isBase = gguf == nil && !tensors.names.contains { $0.hasPrefix(basePrefix + ".") }
    var stacked = 0
    for tensor in tensors.names {
      var name = tensor
      var layout = GGUFMap.Layout.same
      if let known = gguf?.parameter(of: tensor) {
        (name, layout) = known
        if case .stacked = layout, let shape = tensors.entry(tensor)?.shape, shape.count == 3,
          shape[0] <= Self.mostStacked - stacked
        {
          stacked += shape[0]
          let parts = name.split(separator: "*", omittingEmptySubsequences: false)
          for index in 0..<shape[0] {
            let part = parts.joined(separator: String(index))
            names.append(part)
            places[part] = Place(tensor: tensor, layout: layout, index: index)
          }
          continue
        }
      } else if isBase, tensor != "lm_head.weight" {
        name = basePrefix + "." + tensor
      }
      names.append(name)
      places[name] = Place(tensor: tensor, layout: layout)
    }
    self.names = names
    self.places = places
    self.tensors = tensors
    self.origin = origin
    self.heads = heads
  }

  func weight(_ name: String) throws -> StoredWeight? {
    guard let place = places[name], let view = try tensors[place.tensor] else { return nil }
    let shape = place.index == nil ? view.shape : Array(view.shape.dropFirst())
    var bytes = view.byteRange
    if let index = place.index {
      let size = bytes.count / view.shape[0]
      bytes = bytes.lowerBound + index * size..<bytes.lowerBound + (index + 1) * size
    }
    let isVector = shape.count < 2
    let rows = isVector ? 1 : shape.dropLast().reduce(1, *)
    let columns = isVector ? shape.reduce(1, *) : shape[shape.count - 1]
    // A batch norm's counter is the only integer among parameters.
    if shape.isEmpty, case .dense(.int64) = view.elementType {
      return StoredWeight(shape: shape, source: MatrixSource(Tensor(view.floats(), shape: [1, 1])))
    }
    guard
      let source = MatrixSource(
        elementType: view.elementType, rows: rows, columns: columns, owner: view.file,
        start: view.file.base + bytes.lowerBound,
        release: { [bytes] in view.file.release(bytes) })
    else {
      throw AttendError(
        .unsupported, "\(origin): the weight \(name) has the type \(view.elementType.description)",
        hint: "weights are floats or one of the supported quantized formats")
    }
    switch place.layout {
    case .same, .stacked: return StoredWeight(shape: shape, source: source)
    case .oneRow: return StoredWeight(shape: isVector ? [1] + shape : shape, source: source)
    case .headByHead, .rotaryQueries, .rotaryKeys:
      let order = try place.layout.order(rows: shape.first ?? 0, heads: heads, name: name, origin: origin)
      return source.reordered(order, shape: shape)
    case .transposed:
      return StoredWeight(shape: shape.reversed(), source: source, isTransposed: !isVector)
    case .plusOne: return StoredWeight(shape: shape, source: MatrixSource(source.expanded() - 1))
    }
  }
}
