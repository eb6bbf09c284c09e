"""What travels between the layers: pydantic models, one file per noun, no behaviour.

Annotations are values here, not text (there is no `from __future__ import annotations`): pydantic reads each of them as
its class is made, and takes half as long again where it has to evaluate texts.
"""
