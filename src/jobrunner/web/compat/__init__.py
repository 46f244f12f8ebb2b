"""The routes that users of other schedulers call today, over the same use cases."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
