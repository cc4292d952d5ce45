import AttendBase

/// `model.safetensors.index.json`: which file of a sharded checkpoint holds which tensor.
public struct ShardIndex: Sendable {
  /// Tensor names with their file names, in the order of the index.
  public let weightMap: [(tensor: String, shard: String)]
  /// The distinct file names, sorted.
  public let shards: [String]
  private let source: String

  /// Reads an index.
  ///
  /// - Parameter source: the index's path, for messages.
  /// - Throws: `damagedFile` when it is not an index or names a file outside its own folder.
  public init(parsing bytes: UnsafeRawBufferPointer, source: String) throws(AttendError) {
    let json = try JSON(parsing: bytes, source: source)
    guard let map = json["weight_map"]?.objectValue else {
      throw AttendError(.damagedFile, "\(source): there is no \"weight_map\" object", hint: "fetch the file again")
    }
    var weightMap: [(tensor: String, shard: String)] = []
    weightMap.reserveCapacity(map.count)
    var known: Set<String> = []
    for (tensor, value) in map {
      guard let shard = value.stringValue else {
        throw AttendError(
          .damagedFile, "\(source): the file of \(quoted(tensor)) is \(value.kind), not a string",
          hint: "fetch the file again")
      }
      if !known.contains(shard) {
        try checkPlainFileName(shard, in: source)
        known.insert(shard)
      }
      weightMap.append((tensor, shard))
    }
    guard !weightMap.isEmpty else {
      throw AttendError(.damagedFile, "\(source): \"weight_map\" is empty", hint: "fetch the file again")
    }
    self.weightMap = weightMap
    shards = known.sorted()
    self.source = source
  }

  /// Opens every shard in `folder` and lists all tensors.
  ///
  /// - Throws: `damagedFile` when two shards hold a tensor of the same name, or a shard lacks one that the index
  ///   promises; `notFound` when a shard is missing; what opening a shard throws.
  public func open(in folder: String) throws(AttendError) -> TensorDirectory {
    var entries: [TensorDirectory.Entry] = []
    var holders: [String: String] = [:]
    for shard in shards {
      let file: SafetensorsFile
      do {
        file = try SafetensorsFile(path: "\(folder)/\(shard)")
      } catch  where error.code == .notFound {
        throw AttendError(
          .notFound, "\(folder)/\(shard) does not exist, but \(source) names it",
          hint: "the download is incomplete: fetch the missing file")
      }
      for entry in file.tensors.entries { holders[entry.name] = shard }
      entries += file.tensors.entries
    }
    for (tensor, shard) in weightMap where holders[tensor] != shard {
      throw AttendError(
        .damagedFile, "\(source): the tensor \(quoted(tensor)) should be in \(quoted(shard)) but is not",
        hint: "index and shards are of different versions: fetch them again")
    }
    return try TensorDirectory(entries)
  }
}

/// A checkpoint names further files by plain file names: one from a stranger must not open files elsewhere.
func checkPlainFileName(_ name: String, in source: String) throws(AttendError) {
  let isPlain = !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
  guard isPlain, !name.isEmpty, name != ".", name != "..", name.utf8.count <= 255 else {
    throw AttendError(
      .damagedFile, "\(source): \(quoted(name)) is not a file name in the same folder",
      hint: "do not trust this checkpoint: its index points outside its folder")
  }
}
