package codec

import (
	"cmp"
	"reflect"

	"github.com/vmihailenco/tagparser/v2"
)

// fields are those of a struct as msgpack sees them, which it does not tell: by its tags, with embedded structs taken
// apart. A test compares the two.
type fields struct {
	list   []field // in the order of an array
	byName map[string]field
}

type field struct {
	name     string
	typ      reflect.Type
	interned bool // decoded in a way of its own, which has no integers
}

func fieldsOf(t reflect.Type) *fields {
	fs := &fields{byName: make(map[string]field)}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := tagparser.Parse(sf.Tag.Get("msgpack"))
		if tag.Name == "-" || !sf.IsExported() && !sf.Anonymous {
			continue
		}
		f := field{name: cmp.Or(tag.Name, sf.Name), typ: sf.Type, interned: tag.HasOption("intern")}
		if sf.Anonymous && !tag.HasOption("noinline") && fs.inline(sf.Type, tag.HasOption("inline")) {
			fs.byName[f.name] = f // a peer may still send it whole
			continue
		}
		fs.add(f)
		if alias, ok := tag.Options["alias"]; ok {
			fs.byName[alias] = f
		}
	}
	return fs
}

func (fs *fields) add(f field) {
	fs.list = append(fs.list, f)
	fs.byName[f.name] = f
}

// inline takes the fields of an embedded struct for those of the struct it is in, and says whether it did. A field that
// is there already shadows the embedded one: then it is passed over if the tag asks for inlining, else there is none.
func (fs *fields) inline(t reflect.Type, asked bool) bool {
	if !asked {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || decodesItself(t) || encodesItself(t) {
			return false
		}
	}
	inner := fieldsOf(t).list
	for _, f := range inner {
		if fs.has(f.name) && !asked {
			return false
		}
	}
	for _, f := range inner {
		if asked && fs.has(f.name) {
			continue
		}
		fs.add(f)
	}
	return true
}

func (fs *fields) has(name string) bool {
	_, ok := fs.byName[name]
	return ok
}
