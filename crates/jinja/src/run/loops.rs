//! `for`, and the `loop` that its body sees.

use crate::error::{Error, Result};
use crate::run::frame::{Closure, Flow, Frame};
use crate::run::sink::Sink;
use crate::source::Source;
use crate::syntax::ast::{For, LOOP};
use crate::value::{Args, Object, State, Value};
use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

impl Frame {
    pub(crate) fn run_loop(
        &mut self,
        state: &mut State<'_>,
        node: &Arc<For>,
        iterable: &Value,
        depth: usize,
        sink: &mut Sink,
    ) -> Result<()> {
        let mut items = iterable.iterate()?;
        if let Some(condition) = &node.condition {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                let keeps = self.scoped(|frame| {
                    frame.assign(state, &node.target, item.clone())?;
                    Ok::<_, Error>(frame.evaluate(state, condition)?.is_true())
                })?;
                if keeps {
                    kept.push(item);
                }
            }
            items = kept;
        }
        let count = items.len();
        if !node.uses_loop {
            for item in items {
                if self.iteration(state, node, item, None, sink)? == Flow::Break {
                    break;
                }
            }
        } else {
            let recursion = node.recursive.then(|| Recursion {
                node: node.clone(),
                source: self.source.clone(),
                closure: self.closure(),
            });
            let info = Arc::new(Loop {
                items,
                index: AtomicUsize::new(0),
                depth,
                last_changed: Mutex::new(None),
                recursion,
            });
            for index in 0..count {
                info.index.store(index, Ordering::Relaxed);
                let item = info.items[index].clone();
                if self.iteration(state, node, item, Some(&info), sink)? == Flow::Break {
                    break;
                }
            }
        }
        if count == 0 && !node.otherwise.is_empty() {
            self.scoped(|frame| frame.execute(state, &node.otherwise, sink))?;
        }
        Ok(())
    }

    fn iteration(
        &mut self,
        state: &mut State<'_>,
        node: &For,
        item: Value,
        info: Option<&Arc<Loop>>,
        sink: &mut Sink,
    ) -> Result<Flow> {
        self.scoped(|frame| {
            if let Some(info) = info {
                frame.define(LOOP, Value::Object(info.clone()));
            }
            frame.assign(state, &node.target, item)?;
            frame.execute(state, &node.body, sink)
        })
    }
}

/// What `loop(items)` of a recursive loop needs to run the loop again.
struct Recursion {
    node: Arc<For>,
    source: Arc<Source>,
    closure: Closure,
}

struct Loop {
    items: Vec<Value>,
    index: AtomicUsize,
    depth: usize,
    last_changed: Mutex<Option<Vec<Value>>>,
    recursion: Option<Recursion>,
}

impl Object for Loop {
    fn type_name(&self) -> &str {
        "LoopContext"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        let index = self.index.load(Ordering::Relaxed);
        let length = self.items.len();
        Some(match name {
            "index" => Value::from(index + 1),
            "index0" => Value::from(index),
            "revindex" => Value::from(length - index),
            "revindex0" => Value::from(length - index - 1),
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "length" => Value::from(length),
            "depth" => Value::from(self.depth + 1),
            "depth0" => Value::from(self.depth),
            "previtem" => match index.checked_sub(1) {
                Some(previous) => self.items[previous].clone(),
                None => Value::undefined_because("previtem", "there is no previous item"),
            },
            "nextitem" => match self.items.get(index + 1) {
                Some(next) => next.clone(),
                None => Value::undefined_because("nextitem", "there is no next item"),
            },
            _ => return None,
        })
    }
    fn method_names(&self) -> &[&'static str] {
        &["cycle", "changed"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        match name {
            "cycle" => Some(match args.positional.len() {
                0 => Err(Error::type_error("no items for cycling given")),
                count => Ok(args.positional[self.index.load(Ordering::Relaxed) % count].clone()),
            }),
            "changed" => {
                let mut last = self.last_changed.lock().unwrap_or_else(PoisonError::into_inner);
                let same = last.as_ref().is_some_and(|last| {
                    last.len() == args.positional.len()
                        && last.iter().zip(&args.positional).all(|(a, b)| a.equals(b))
                });
                if !same {
                    *last = Some(args.positional.clone());
                }
                Some(Ok(Value::Bool(!same)))
            }
            _ => None,
        }
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let Some(recursion) = &self.recursion else {
            return Err(Error::type_error("only a loop with 'recursive' can be called"));
        };
        let items = args.bind("loop", &["iterable"])?.value("iterable");
        state.stack.check()?;
        let mut frame = Frame::of_macro(recursion.source.clone(), Some(&recursion.closure));
        let mut sink = Sink::text();
        frame.run_loop(state, &recursion.node, &items, self.depth + 1, &mut sink)?;
        Ok(sink.into_value())
    }
    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }
    fn repr(&self) -> String {
        format!("<LoopContext {}/{}>", self.index.load(Ordering::Relaxed) + 1, self.items.len())
    }
}
