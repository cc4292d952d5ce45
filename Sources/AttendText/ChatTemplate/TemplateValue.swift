import AttendBase

/// A value during rendering, with the meaning that Jinja gives to Python's values. Lists and dictionaries never change
/// once made, so that templates cannot alter what they are given.
enum TemplateValue {
  /// A name, attribute or item that is not there; the text names it for error messages.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list(TemplateList)
  case tuple(TemplateList)
  case dictionary(TemplateDictionary)
  case namespace(TemplateNamespace)
  /// The position of a macro among those that were defined.
  case macro(Int)
  /// A global function, by name.
  case function(String)
  /// A method bound to its value.
  indirect case method(TemplateValue, String)
  case loop(TemplateLoopState)
}

/// A list or tuple and how deeply it is nested, so that no value can be nested more deeply than the stack allows.
struct TemplateList {
  let elements: [TemplateValue]
  let depth: Int
  var form = Form.whole

  /// Filters and methods that do not make lists in Python do not here either: what they give can be gone through, but
  /// has no JSON and no items by number.
  enum Form {
    case whole
    /// The keys, values or items of a dictionary.
    case view
    /// A generator: it can be gone through once, and counts as true whether or not there is anything in it.
    case once(TemplateGenerator)
  }

  var isWhole: Bool {
    if case .whole = form { true } else { false }
  }

  var generator: TemplateGenerator? {
    if case .once(let generator) = form { generator } else { nil }
  }
}

/// Whether what a filter gives has been gone through.
final class TemplateGenerator {
  var isSpent = false
}

/// Members in the order they were put in. Keys are found by comparing each: dictionaries in conversations are small.
struct TemplateDictionary {
  let members: [(key: TemplateValue, value: TemplateValue)]
  let depth: Int

  subscript(key: String) -> TemplateValue? {
    for member in members {
      if case .string(let text) = member.key, text.hasSameBytes(as: key) { return member.value }
    }
    return nil
  }
}

/// The one thing a template can change: attributes that outlive the scope they are set in.
final class TemplateNamespace {
  var members: [String: TemplateValue] = [:]
}

/// What `loop` tells about one turn of a loop.
final class TemplateLoopState {
  let index: Int
  let count: Int
  let depth: Int
  let previous: TemplateValue?
  let next: TemplateValue?

  init(index: Int, count: Int, depth: Int, previous: TemplateValue?, next: TemplateValue?) {
    self.index = index
    self.count = count
    self.depth = depth
    self.previous = previous
    self.next = next
  }

  func attribute(_ name: String) -> TemplateValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(count - index)
    case "revindex0": .integer(count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == count - 1)
    case "length": .integer(count)
    case "depth": .integer(depth)
    case "depth0": .integer(depth - 1)
    case "previtem": previous ?? .undefined("there is no previous item")
    case "nextitem": next ?? .undefined("there is no next item")
    default: nil
    }
  }
}

/// The names that are visible at a place.
final class TemplateScope {
  var variables: [String: TemplateValue] = [:]
  let parent: TemplateScope?

  init(parent: TemplateScope?) { self.parent = parent }

  func value(_ name: String) -> TemplateValue? {
    var scope: TemplateScope? = self
    while let current = scope {
      if let value = current.variables[name] { return value }
      scope = current.parent
    }
    return nil
  }
}

extension String {
  /// Equality as Python has it: `==` of Swift takes "é" for "e" and an accent.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}

extension TemplateValue {
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let list), .tuple(let list): list.generator != nil || !list.elements.isEmpty
    case .dictionary(let dictionary): !dictionary.members.isEmpty
    case .namespace, .macro, .function, .method, .loop: true
    }
  }

  var isUndefined: Bool {
    if case .undefined = self { true } else { false }
  }

  /// What the value is, in the words of Python, for error messages.
  var kind: String {
    switch self {
    case .undefined: "undefined"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float"
    case .string: "str"
    case .list(let list): list.isWhole ? "list" : list.generator != nil ? "generator" : "dict_view"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .namespace: "namespace"
    case .macro: "macro"
    case .function, .method: "function"
    case .loop: "loop"
    }
  }

  /// Numbers and, as in Python, booleans.
  var integerValue: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  var numberValue: Double? {
    if case .number(let value) = self { return value }
    return integerValue.map(Double.init)
  }

  var nesting: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .dictionary(let dictionary): dictionary.depth
    default: 0
    }
  }

  /// Values that live as long as the rendering and may refer to others: they may not be put into anything, lest
  /// something come to contain itself.
  var isReference: Bool {
    switch self {
    case .namespace, .loop, .method: true
    default: false
    }
  }
}
