"""The forms of accounts: strings into what the service takes. Knows no database."""

from __future__ import annotations

from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Email, InputRequired, Length

from interview.access import Role
from interview.web.forms import Form

ROLE_WORDS = {
    Role.ADMIN: "Admin",
    Role.HIRING_MANAGER: "Hiring manager",
    Role.RECRUITER: "Recruiter",
    Role.INTERVIEWER: "Interviewer",
}


class SignInForm(Form):
    """E-mail address and password."""

    email = EmailField("E-mail address", [InputRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])


class PasswordForm(Form):
    """A new password."""

    password = PasswordField(
        "New password",
        [InputRequired("Enter a new password.")],
        description="At least 15 characters. Three or four words are easy to remember and hard to guess.",
    )


class PersonForm(Form):
    """A new member of the team."""

    name = StringField("Name", [DataRequired("Enter the person's name."), Length(max=200)])
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter an e-mail address."), Email("This is not an e-mail address."), Length(max=254)],
    )
    role = SelectField(
        "Role",
        choices=[SelectChoice(role.value, words) for role, words in ROLE_WORDS.items()],
        default=Role.INTERVIEWER.value,
        description="What this person may do. Panels and hiring teams are chosen on each job.",
    )


class FirstAdminForm(Form):
    """The first account of a new installation."""

    name = StringField("Your name", [DataRequired("Enter your name."), Length(max=200)])
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter your e-mail address."), Email("This is not an e-mail address."), Length(max=254)],
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter a password.")],
        description="At least 15 characters. Three or four words are easy to remember and hard to guess.",
    )
